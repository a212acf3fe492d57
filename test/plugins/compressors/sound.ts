import { type Message, newestOfPerson, taskOf } from '#plugins/context/api';

/** What is wrong with a history that came of another, told by the wire: messages one by one, calls and answers apart. */
export function unsound(before: readonly Message[], after: readonly Message[]): string[] {
  const wrong: string[] = [];
  if (after.length === 0) wrong.push('empty');
  if (after.find(({ role }) => role !== 'system')?.role !== 'user') wrong.push('first message not of the user');
  if (!after.includes(taskOf(before)!)) wrong.push('task lost');
  if (!after.includes(newestOfPerson(before)!)) wrong.push('newest message of a person lost');
  if (new Set(after.map(({ id }) => id)).size < after.length) wrong.push('an id twice');
  const calls = new Map<string, string>();
  for (const message of before)
    for (const part of message.parts) if (part.type === 'tool') calls.set(part.call, part.state);
  const origins = new Map(before.map((message) => [message.id, message]));
  for (const [index, message] of after.entries()) {
    const origin = origins.get(message.id);
    if (origin === undefined && message.kind !== 'summary' && message.kind !== 'notice') wrong.push('invented');
    for (const part of message.parts) {
      if (part.type !== 'tool') continue;
      if (calls.get(part.call) !== part.state) wrong.push(`orphan ${part.call}`);
      if (part.state === 'pending' ? index < after.length - 1 : part.output === undefined)
        wrong.push(`unanswered ${part.call}`);
    }
    if (origin !== undefined && origin.parts.length !== message.parts.length) wrong.push('calls torn apart');
  }
  const pending = (history: readonly Message[]): number =>
    history.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool' && part.state === 'pending')).length;
  if (pending(after) !== pending(before)) wrong.push('a running call lost');
  return wrong;
}
