import { isDeepStrictEqual } from 'node:util';
import { type Message, newestOfPerson, type ToolPart, taskOf } from './message.ts';

/**
 * Which rule a compressed history breaks, in words; undefined where it breaks none. The rules are those of the providers
 * (a first message of the user, an answer to each call) and those that keep a run on its task.
 */
export function brokenRule(before: readonly Message[], after: readonly Message[]): string | undefined {
  if (after.find(({ role }) => role !== 'system')?.role !== 'user') return "the first message is not the user's";
  const known = new Map(before.map((message, index) => [message.id, { message, index }]));
  const seen = new Set<string>();
  let newest = -1;
  for (const message of after) {
    if (seen.has(message.id)) return `message ${message.id} is there twice`;
    seen.add(message.id);
    const origin = known.get(message.id);
    if (origin === undefined) {
      if (message.kind !== 'summary' && message.kind !== 'notice') return `message ${message.id} was invented`;
    } else {
      if (origin.index < newest) return `message ${message.id} is out of order`;
      newest = origin.index;
    }
    const broken = brokenCall(message, origin?.message, message === after.at(-1) && message.id === before.at(-1)?.id);
    if (broken !== undefined) return broken;
  }
  const has = (message: Message | undefined): boolean =>
    message === undefined || after.includes(message) || after.some((each) => isDeepStrictEqual(each, message));
  for (const message of before)
    if (message.role === 'system' && !has(message)) return `system message ${message.id} is missing`;
  if (!has(taskOf(before))) return 'the task is missing';
  if (!has(newestOfPerson(before))) return 'the newest message of the user is missing';
  return undefined;
}

const callsOf = ({ parts }: Message): ToolPart[] => parts.filter((part) => part.type === 'tool');

function brokenCall(message: Message, origin: Message | undefined, isLast: boolean): string | undefined {
  if (origin !== undefined && (message.role !== origin.role || message.kind !== origin.kind))
    return `message ${message.id} became another's`;
  if (message === origin && isLast) return undefined;
  const calls = callsOf(message);
  const before = origin === undefined ? [] : callsOf(origin);
  if (calls.some(({ call, name }) => !before.some((each) => each.call === call && each.name === name)))
    return `message ${message.id} has a call that nobody made`;
  if (new Set(calls.map(({ call }) => call)).size < calls.length) return `message ${message.id} has a call twice`;
  for (const { call, state, output } of calls) {
    if (state === 'pending') {
      if (!isLast) return `call ${call} has no answer`;
    } else if (output === undefined) return `the answer of call ${call} is missing`;
    else if (before.find((each) => each.call === call)!.state !== state) return `call ${call} ended in another way`;
  }
  if (isLast && calls.length < before.length && before.some(({ state }) => state === 'pending'))
    return 'a call that is under way is missing';
  if (message.parts.length === 0) return `message ${message.id} is empty`;
  return undefined;
}
