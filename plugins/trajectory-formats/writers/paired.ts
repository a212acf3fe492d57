import type { ImportedRun, RunCall, RunMessage } from '../api.ts';

export interface Turn {
  readonly message: RunMessage;
  /** One for every call of the message, under an id that no other call of the run has. */
  readonly calls: readonly AnsweredCall[];
}
export interface AnsweredCall {
  readonly id: string;
  readonly call: RunCall;
  readonly result: string;
}

/** What stands for a result that the record does not have. */
export const NO_RESULT = '[no result was recorded]';

/**
 * The run as APIs for chats take it: every call has one result, right behind it, and every result has a call. A call that
 * nobody answered gets a result that says so, a result without a call is told by the user. Demonstrations are left out.
 */
export function paired({ messages }: ImportedRun): readonly Turn[] {
  const answers = answersOf(messages);
  /** Of every id that is taken, the number to try next. */
  const used = new Map<string, number>();
  const taken = new Set(answers.values());
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.demo || taken.has(message)) continue;
    if (message.role === 'tool') {
      turns.push({ message: { role: 'user', text: message.text }, calls: [] });
      continue;
    }
    const calls = (message.calls ?? []).map((call) => ({
      id: unused(call.id || 'call', used),
      call,
      result: answers.get(call)?.text ?? NO_RESULT,
    }));
    turns.push({ message, calls });
  }
  return turns;
}

/** Which message answers a call. An id may come again: then it means the newest call, or the first of several made at once. */
function answersOf(messages: readonly RunMessage[]): ReadonlyMap<RunCall, RunMessage> {
  const waiting = new Map<string, RunCall[]>();
  const answers = new Map<RunCall, RunMessage>();
  for (const message of messages) {
    if (message.demo) continue;
    const { calls = [] } = message;
    for (const { id } of calls) waiting.set(id, []);
    for (const call of calls) waiting.get(call.id)!.push(call);
    if (message.role !== 'tool' || message.answers === undefined) continue;
    const call = waiting.get(message.answers)?.shift();
    if (call !== undefined) answers.set(call, message);
  }
  return answers;
}

function unused(id: string, used: Map<string, number>): string {
  let number = used.get(id) ?? 1;
  let name = number === 1 ? id : `${id}_${number}`;
  while (used.has(name)) name = `${id}_${++number}`;
  used.set(id, number + 1);
  if (name !== id) used.set(name, 2);
  return name;
}
