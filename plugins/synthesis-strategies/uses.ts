import type { EvidenceStep } from '#plugins/synthesizer/api';
import { envelopeOf } from './envelope.ts';
import { CLOSING, EFFECT, HAND_OVER, LOOKUP, RUN, SHELL_EFFECT, SHELL_LOOKUP, THINKING } from './words/tool-verbs.ts';

/** What a use of a tool did. `run`: it ran what it was given, which may be anything. */
export type UseKind = 'effect' | 'handover' | 'run' | 'lookup' | 'thinking' | 'closing';
export interface Use {
  readonly step: EvidenceStep;
  readonly kind: UseKind;
  readonly failed: boolean;
}

/** Kept while the steps are: all strategies look at them. */
const known = new WeakMap<readonly EvidenceStep[], readonly Use[]>();

export function usesOf(steps: readonly EvidenceStep[]): readonly Use[] {
  let uses = known.get(steps);
  if (uses === undefined) {
    uses = steps.map((step) => ({ step, kind: kindOf(step), failed: step.error || saysError(step.result) }));
    known.set(steps, uses);
  }
  return uses;
}

/** The tool without its server. */
export const bareName = (tool: string): string => tool.slice(tool.lastIndexOf('/') + 1);
export const serverOf = (tool: string): string => tool.slice(0, Math.max(0, tool.lastIndexOf('/')));

const split = new Map<string, readonly string[]>();
/** Words in a name: `bookFlight`, `book-flight` and `book_flight` have the same. */
export function nameWords(name: string): readonly string[] {
  let words = split.get(name);
  if (words === undefined) {
    words = name
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\d]+/u)
      .filter((word) => word !== '');
    if (split.size > 10_000) split.clear();
    split.set(name, words);
  }
  return words;
}

function kindOf({ tool, args }: EvidenceStep): UseKind {
  const name = bareName(tool).toLowerCase();
  if (CLOSING.has(name)) return 'closing';
  if (THINKING.has(name)) return 'thinking';
  const words = nameWords(bareName(tool));
  if (
    words.some((word) => HAND_OVER.has(word)) &&
    words.some((word) => /^(?:humans?|agents?|persons?|operator|support|supervisor|handoff|handover)$/.test(word))
  )
    return 'handover';
  const command = args.command ?? args.cmd ?? args.code;
  if (words.some((word) => RUN.has(word))) return typeof command === 'string' ? ofCommand(command) : 'run';
  if (SHELL_EFFECT.has(name)) return 'effect';
  if (SHELL_LOOKUP.has(name)) return 'lookup';
  const telling = words.find((word) => EFFECT.has(word) || LOOKUP.has(word));
  // An editor edits, whatever else is in its name.
  if (words.some((word) => /^(?:write|edit|editor|replace|create|delete)$/.test(word)))
    return args.command === 'view' ? 'lookup' : 'effect';
  return telling === undefined || LOOKUP.has(telling) ? 'lookup' : 'effect';
}

function ofCommand(command: string): UseKind {
  const programs = command
    .slice(0, 2000)
    .split(/&&|\|\||[;|\n]/)
    .map((part) => /^\s*(?:sudo\s+|\w+=\S*\s+)*([\w.-]+)/.exec(part)?.[1] ?? '')
    .filter((program) => program !== '');
  if (/(?<![<>=-])>{1,2}\s*[^\s&|]/.test(command) || programs.some((program) => SHELL_EFFECT.has(program)))
    return 'effect';
  return programs.length > 0 && programs.every((program) => SHELL_LOOKUP.has(program)) ? 'lookup' : 'run';
}

const ERROR =
  /^[\s"'{[(]*(?:(?:the )?(?:error|exception|fatal|failed|failure|traceback|unknown tool|tool not found|invalid (?:argument|parameter|input)|permission denied|tool call timed out|timed out|your (?:proposed )?edit has introduced|access denied|not found|timeout|错误|失败)\b|(?:mcp )?error (?:executing|calling|occurred|-?\d+)|\d{3} (?:not found|forbidden|unauthorized|internal server error)|bash: |command not found|usage: )|^\s*\{\s*"?(?:error|success"?\s*:\s*false|is_?error"?\s*:\s*true|status"?\s*:\s*"?(?:error|failed))/i;

/** A failure that only the text of a result tells. */
function saysError(result: string | undefined): boolean {
  if (result === undefined) return false;
  const start = result.slice(0, 400);
  const text = start.slice(envelopeOf(start));
  return (
    ERROR.test(text.slice(0, 120)) || (text.length < start.length && /"isError\\*":\s*true/i.test(result.slice(-200)))
  );
}

/** Tools that did their work at least once, in order of first use; without thinking aloud and what only ends a run. */
export function effectiveTools(uses: readonly Use[]): string[] {
  const useful = uses.filter(({ kind }) => kind !== 'thinking' && kind !== 'closing');
  return [...new Set(useful.filter(({ failed }) => !failed).map(({ step }) => step.tool))];
}

/** Those, or what was tried where nothing worked: the tools that there are for the task. */
export function toolsForTask(uses: readonly Use[]): string[] {
  const effective = effectiveTools(uses);
  if (effective.length > 0) return effective;
  const tried = uses.filter(
    ({ step, kind }) => kind !== 'thinking' && kind !== 'closing' && !NO_TOOL.test((step.result ?? '').slice(0, 400)),
  );
  return [...new Set(tried.map(({ step }) => step.tool))];
}
const NO_TOOL = /unknown tool|tool not found|no such tool|server not found|command not found/i;
