import type { RunEvidence } from '#plugins/synthesizer/api';
import type { StrategiesConfig } from './config.ts';
import { argumentsExcerpt, resultExcerpt, shortened } from './excerpts.ts';
import { fenced } from './fence.ts';
import { userTurns } from './turns.ts';
import { usesOf } from './uses.ts';

const MOST_TURNS = 12;

/** A run for a model to read: what the user said, each use of a tool on a line, the outcome. Head and tail where it is long. */
export function digestOf(of: RunEvidence, limits: StrategiesConfig['digest']): string {
  const { run } = of;
  const [request, ...later] = userTurns(of);
  const head = [`request: ${clipLines(request?.text ?? '', limits.requestCharacters)}`];
  for (const [index, { text }] of later.slice(0, MOST_TURNS).entries())
    head.push(`user turn ${index + 2}: ${shortened(text, limits.turnCharacters)}`);
  if (later.length > MOST_TURNS) head.push(`(${later.length - MOST_TURNS} more turns of the user)`);
  const success = run.outcome.success;
  const tail = [`outcome: ${success === null ? 'not judged' : success ? 'success' : 'failure'}`];
  const before = head.join('\n');
  const steps = stepLines(of, limits);
  const room = limits.characters - before.length - 40;
  return fenced(run.id, [before, `steps: ${of.steps.length}`, ...within(steps, room), ...tail].join('\n'));
}

function stepLines(of: RunEvidence, limits: StrategiesConfig['digest']): string[] {
  return usesOf(of.steps).map(({ step, failed, kind }, index) => {
    const args = kind === 'thinking' ? '' : argumentsExcerpt(step.args, limits.argumentCharacters);
    const result =
      step.result === undefined || kind === 'thinking' ? '' : resultExcerpt(step.result, limits.resultCharacters);
    const came = step.result === undefined ? 'no result' : failed ? 'error' : 'ok';
    return `${index + 1}. ${step.tool}${args === '' ? '' : ` ${args}`} -> ${came}${result === '' ? '' : `: ${result}`}`;
  });
}

/** As many lines from the start and the end as there is room for. */
function within(lines: readonly string[], room: number): string[] {
  let size = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (size <= room) return [...lines];
  const kept = new Set<number>();
  size = 40;
  for (let near = 0; near < lines.length; near++) {
    // From both ends in turn.
    const at = near % 2 === 0 ? near / 2 : lines.length - 1 - (near - 1) / 2;
    size += lines[at]!.length + 1;
    if (size > room) break;
    kept.add(at);
  }
  const head = lines.filter((_, at) => kept.has(at) && at < lines.length / 2);
  const tail = lines.filter((_, at) => kept.has(at) && at >= lines.length / 2);
  return [...head, `(${lines.length - kept.size} steps left out)`, ...tail];
}

/** Keeps lines, which in a request may be code. */
const clipLines = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.ceil(most * 0.8))}\n(…)\n${text.slice(-Math.floor(most * 0.15))}`;
