import type { Message, Part, ToolPart } from '#plugins/context/api';
import type { ChatAnswer, ChatRequest, ToolCall, Usage } from './api.ts';
import type { Asking } from './asking.ts';
import { callId, isUnique } from './call-id.ts';
import type { Profile } from './profiles.ts';
import { readArguments } from './tool-arguments.ts';

type Answer = Omit<ChatAnswer, 'usd'>;

/** The next message of a conversation. */
export async function chat(
  asking: Asking,
  profile: Profile,
  request: ChatRequest,
  until: AbortSignal,
  used: (usage: Usage) => void,
): Promise<Answer> {
  const begin = performance.now();
  const { system, messages, tools, temperature, maxOutputTokens = profile.maxOutputTokens, onDelta } = request;
  const question = { system, messages, tools, maxOutputTokens, ...(temperature !== undefined && { temperature }) };
  const listener = { tell: onDelta ?? (() => {}), used };
  const { said, usage, attempts } = await asking.ask(profile, question, until, listener);
  const parts = await withCalls(said.parts, messages, said.finish === 'length');
  const durationMs = performance.now() - begin;
  return { parts, finish: said.finish, model: profile.model, usage, attempts, durationMs };
}

async function withCalls(
  parts: readonly Part[],
  before: readonly Message[],
  isCut: boolean,
): Promise<ChatAnswer['parts']> {
  const last = parts.findLastIndex(({ type }) => type === 'tool');
  const taken = last < 0 ? new Set<string>() : callsOf(before);
  const read: ChatAnswer['parts'][number][] = [];
  for (const [n, part] of parts.entries()) {
    if (part.type === 'media') continue;
    // Only the last part can be what the longest answer cut off.
    read.push(part.type === 'tool' ? await callOf(part, taken, isCut && n === parts.length - 1) : part);
  }
  return read;
}

const callsOf = (messages: readonly Message[]): Set<string> =>
  new Set(messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool' ? part.call : []))));

async function callOf(
  { call: given, name, args, extra }: ToolPart,
  taken: Set<string>,
  isCut: boolean,
): Promise<ToolCall> {
  const call = isUnique(given, taken) ? given : callId(given);
  taken.add(call);
  return { type: 'call', call, name, ...(await readArguments(args, isCut)), ...(extra && { extra }) };
}
