import type { RunEvidence } from '#plugins/synthesizer/api';
import { sentencesOf } from './sentences.ts';
import { overrides } from './steering.ts';
import { leadOf, unframed } from './unframe.ts';

export interface Turn {
  readonly text: string;
  /** Its place among the run's messages. */
  readonly at: number;
}

/** So many turns of the user are read; what a task is about has been said by then. */
const MOST_TURNS = 40;

/** What the user said, without demonstrations, results that a harness told as the user, and frames. The first is the request. */
export function userTurns(evidence: RunEvidence): readonly Turn[] {
  const known = kept.get(evidence.run);
  if (known !== undefined) return known;
  const turns = readTurns(evidence);
  kept.set(evidence.run, turns);
  return turns;
}

/** Kept while the run is: all strategies begin with them. */
const kept = new WeakMap<RunEvidence['run'], readonly Turn[]>();

function readTurns({ run, steps }: RunEvidence): Turn[] {
  const request = run.request.trim();
  const start = request.slice(0, 80);
  let said: Turn[] = [];
  let lead = '';
  run.messages.forEach(({ role, text, demo }, at) => {
    if (role !== 'user' || demo || said.length >= MOST_TURNS) return;
    if (said.length > 0 && isToldByHarness(text)) return;
    if (request !== '' && text.includes(start)) {
      // What came before was the harness.
      if (said.some((turn) => turn.text === request)) return;
      said = [{ text: request, at }];
      lead = leadOf(text);
    } else if (!steps.some(({ result }) => result !== undefined && result === text)) said.push({ text, at });
  });
  if (request !== '' && !said.some(({ text }) => text === request)) said = [{ text: request, at: 0 }, ...said.slice(1)];
  return said.flatMap(({ text, at }, index) => {
    const task = obedient(unframed(text));
    if (index > 0) return task === '' ? [] : [{ text: task, at }];
    return [{ text: task.startsWith(lead) ? task : lead + task, at }];
  });
}

/** Some harnesses tell as the user what a command gave: under a heading, or as bare data. */
const TOLD =
  /^\s*(?:(?:\w+ )?observations?|(?:the )?outputs? of (?:the )?\w+|(?:execution|tool|function|command) (?:results?|outputs?))\s*[:：]/i;
const BARE_DATA = /^\s*(?:\[[\s\S]*\]|\{[\s\S]*\}|\((?:[^()]*,)[^()]*\))\s*$/;
const isToldByHarness = (text: string): boolean => TOLD.test(text) || BARE_DATA.test(text);

/** Without sentences that are meant for whoever reads the record, not for the agent. */
const obedient = (text: string): string =>
  overrides(text)
    ? sentencesOf(text)
        .filter((sentence) => !overrides(sentence))
        .join('\n')
    : text;
