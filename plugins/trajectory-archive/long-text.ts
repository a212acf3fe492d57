import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';
import { hashOf, keyOf } from './hash.ts';

/** A text that other runs may have too. */
export interface LongText {
  readonly key: string;
  readonly hash: Uint8Array;
  readonly text: string;
  /** Others will have it: it is a prompt, a demonstration, or the list of tools. */
  readonly isLikelyShared: boolean;
}

/** The long texts of a run, by themselves. */
export function longTextsOf(run: ImportedRun, least: number): Map<string, LongText> {
  const found = new Map<string, LongText>();
  const see = (text: string | undefined, isLikelyShared: boolean): void => {
    if (text === undefined || text.length < least || found.has(text)) return;
    // Half a pair is nothing that UTF-8 holds: such a text stays in the run's JSON, which has an escape for it.
    if (!text.isWellFormed()) return;
    const hash = hashOf(text);
    found.set(text, { key: keyOf(hash), hash, text, isLikelyShared });
  };
  const json = (value: object | undefined): string | undefined => value && JSON.stringify(value);
  see(json(run.toolDefinitions), true);
  for (const message of run.messages) {
    see(message.text, isPrompt(message));
    see(message.reasoning, false);
  }
  see(run.request, false);
  see(json(run.reference), false);
  see(run.outcome.answer, false);
  return found;
}

const isPrompt = ({ role, demo }: RunMessage): boolean => role === 'system' || demo === true;
