import { type Message, newestOfPerson, taskOf } from '#plugins/context/api';

/** What no strategy takes away: messages of the system, the task, the newest message of a person. */
export function pinnedOf(history: readonly Message[]): ReadonlySet<Message> {
  const pinned = new Set(history.filter(({ role }) => role === 'system'));
  for (const message of [taskOf(history), newestOfPerson(history)]) if (message !== undefined) pinned.add(message);
  return pinned;
}

/** In their order, with those that were put in after the task (or after the system's, where there is no task). */
export function withAfterTask(
  history: readonly Message[],
  kept: ReadonlyMap<Message, Message>,
  added: readonly Message[],
): Message[] {
  const task = taskOf(history);
  const before = task === undefined ? history.findLastIndex(({ role }) => role === 'system') : history.indexOf(task);
  const take = (from: number, to: number): Message[] =>
    history.slice(from, to).flatMap((message) => kept.get(message) ?? []);
  return [...take(0, before + 1), ...added, ...take(before + 1, history.length)];
}
