import type { RunMessage } from '../../api.ts';
import { Conversation } from '../reading/conversation.ts';
import { isObject, type JsonObject, listOf, textOf, timeOf } from '../reading/members.ts';
import { PendingCalls } from '../reading/pending-calls.ts';
import { framingOf } from './framing.ts';
import { callOf, callsIn, partsOf, resultsIn, thoughtsIn, wordsIn } from './parts.ts';

/** What became of a call; others are not at their end. */
const FAILED: Readonly<Record<string, boolean>> = { success: false, error: true, cancelled: true };

/** Whether a status is that of a failure; undefined where the call goes on, or nobody says. */
export const failedBy = (status: unknown): boolean | undefined =>
  typeof status === 'string' && Object.hasOwn(FAILED, status) ? FAILED[status] : undefined;

/** Messages of one of Gemini CLI's sessions; those of the program to the user (`info`, `error`, ...) are none. */
export function sessionMessages(recorded: readonly JsonObject[]): {
  readonly messages: readonly RunMessage[];
  readonly request: string;
} {
  const reader = new SessionReader();
  for (const message of recorded) reader.read(message);
  return { messages: reader.talk.messages, request: reader.request ?? reader.framed ?? '' };
}

class SessionReader {
  readonly talk = new Conversation();
  request: string | undefined;
  framed: string | undefined;
  readonly #pending = new PendingCalls();

  read(message: JsonObject): void {
    if (message.type === 'gemini') this.#agent(message);
    else if (message.type === 'user') this.#user(message);
  }

  #user({ content, displayContent, timestamp }: JsonObject): void {
    const at = timeOf(timestamp);
    const parts = partsOf(content);
    for (const { id, name, text, error } of resultsIn(parts)) {
      // Calls mostly have their results with them already.
      const answers = this.#pending.answered(id, name);
      if (answers !== undefined) this.talk.answer(answers, text, error, at);
    }
    const text = wordsIn(parts);
    if (text === '') return;
    const framing = framingOf(text);
    this.talk.say('user', text, at, framing);
    // Files that were named in what was typed stand in full in what was sent.
    if (framing === undefined) this.request ??= textOf(wordsIn(partsOf(displayContent))) ?? text;
    else this.framed ??= text;
  }

  #agent({ id, content, toolCalls, thoughts, timestamp }: JsonObject): void {
    const parts = partsOf(content);
    const listed = listOf(toolCalls).filter(isObject);
    const calls = (listed.length > 0 ? listed : callsIn(parts)).map((call) => callOf(call, this.#pending));
    this.talk.act({
      text: wordsIn(parts),
      reasoning: thoughtsIn(parts) || listOf(thoughts).filter(isObject).map(thoughtText).join('\n'),
      calls,
      at: timeOf(timestamp),
      turn: textOf(id),
    });
    for (const [n, call] of listed.entries()) this.#result(call, calls[n]!.id);
  }

  #result({ id, name, result, resultDisplay, status, timestamp }: JsonObject, call: string): void {
    const parts = partsOf(result);
    const results = resultsIn(parts);
    // Of calls that were made at once each may have the results of all.
    const own = results.filter((one) => one.id !== undefined && one.id === id);
    const told = own.length > 0 ? own : results;
    const text = [...told.map((one) => one.text), wordsIn(parts)].filter((one) => one !== '').join('\n');
    const failed = failedBy(status);
    if (failed === undefined && parts.length === 0) return;
    this.#pending.answered(call, textOf(name));
    const shown = text === '' && typeof resultDisplay === 'string' ? resultDisplay : text;
    this.talk.answer(call, shown, failed ?? told.find(({ error }) => error)?.error, timeOf(timestamp));
  }
}

/** As the model wrote it, before the program took it apart. */
const thoughtText = ({ subject, description }: JsonObject): string =>
  [textOf(subject) && `**${textOf(subject)}**`, textOf(description)].filter(Boolean).join(' ');
