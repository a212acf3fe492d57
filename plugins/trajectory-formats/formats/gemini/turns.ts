import type { RunMessage } from '../../api.ts';
import { isObject, type JsonObject, textOf } from '../reading/members.ts';
import type { PendingCalls } from '../reading/pending-calls.ts';
import { present } from '../reading/present.ts';
import { callOf, callsIn, isPart, partsOf, resultsIn, thoughtsIn, wordsIn } from './parts.ts';

const ROLES: Readonly<Record<string, RunMessage['role']>> = {
  user: 'user',
  model: 'assistant',
  function: 'user',
  system: 'system',
};

/** Whether a list looks like turns of Gemini's API by its beginning. */
export const isTurns = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && value.slice(0, 3).every(isTurn);

const isTurn = (turn: unknown): boolean =>
  isObject(turn) &&
  typeof turn.role === 'string' &&
  Object.hasOwn(ROLES, turn.role) &&
  Array.isArray(turn.parts) &&
  turn.parts.every(isPart);

/** Messages of one turn: results of calls stand in a turn of the user. */
export function messagesOf({ role, parts: given }: JsonObject, pending: PendingCalls): readonly RunMessage[] {
  if (typeof role !== 'string' || !Object.hasOwn(ROLES, role))
    throw new Error('contents: a turn is of nobody that is known');
  const parts = partsOf(given);
  const results = resultsIn(parts).map(({ id, name, text, error }) =>
    present({ role: 'tool' as const, text, answers: pending.answered(id, name), error }),
  );
  const calls = callsIn(parts).map((call) => callOf(call, pending));
  const message: RunMessage = present({
    role: ROLES[role]!,
    text: wordsIn(parts),
    reasoning: textOf(thoughtsIn(parts)),
    calls: calls.length > 0 ? calls : undefined,
  });
  return results.length > 0 && message.text === '' && calls.length === 0 ? results : [...results, message];
}
