import type { RunMessage } from '../../api.ts';
import type { Entry } from '../claude-code/entries.ts';
import { framingOf } from '../gemini/framing.ts';
import { callOf, callsIn, partsOf, resultsIn, thoughtsIn, wordsIn } from '../gemini/parts.ts';
import { failedBy } from '../gemini/session-messages.ts';
import { Conversation } from '../reading/conversation.ts';
import { objectOf, textOf, timeOf } from '../reading/members.ts';
import { PendingCalls } from '../reading/pending-calls.ts';

export function entryMessages(entries: readonly Entry[]): {
  readonly messages: readonly RunMessage[];
  readonly request: string;
} {
  const talk = new Conversation();
  const pending = new PendingCalls();
  let request: string | undefined;
  let framed: string | undefined;
  for (const { id, type, line, message } of entries) {
    const at = timeOf(line.timestamp);
    const parts = partsOf(message.parts);
    const text = wordsIn(parts);
    if (type === 'assistant') {
      const calls = callsIn(parts).map((call) => callOf(call, pending));
      talk.act({ text, reasoning: thoughtsIn(parts), calls, at, turn: id });
    } else if (type === 'tool_result') {
      const { callId, status, resultDisplay } = objectOf(line.toolCallResult);
      const results = resultsIn(parts);
      // The entry knows its call best; a response may have an id of its own.
      const called = textOf(callId) ?? results[0]?.id;
      const told = [...results.map((one) => one.text), text].filter((one) => one !== '').join('\n');
      const shown = told === '' && typeof resultDisplay === 'string' ? resultDisplay : told;
      talk.answer(pending.answered(called, results[0]?.name), shown, failedBy(status) ?? results[0]?.error, at);
    } else if (type === 'user' && text !== '') {
      // Notices and timers speak as the user, too.
      const framing = framingOf(text) ?? (textOf(line.subtype) === undefined ? undefined : { of: 'program' });
      talk.say('user', text, at, framing);
      if (framing === undefined) request ??= textOf(objectOf(line.systemPayload).displayText) ?? text;
      else framed ??= text;
    }
  }
  return { messages: talk.messages, request: request ?? framed ?? '' };
}
