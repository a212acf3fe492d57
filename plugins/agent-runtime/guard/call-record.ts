import { digest } from './digest.ts';
import { failureOf, fewEntries, resultText } from './errors.ts';
import { PRIME, scan } from './scan.ts';
import type { GuardedCall } from './verdict.ts';
import { isIdentifier } from './volatile.ts';

/** What is kept of a call: numbers, whatever its size. */
export interface CallRecord {
  /** From 0, in the order in which the guard was told. */
  readonly number: number;
  readonly name: string;
  /** Of name and arguments; of the result, or the error. */
  readonly asked: number;
  readonly answered: number;
  readonly poll: boolean;
  readonly infrastructure: boolean;
  /** Family of its error; undefined where it succeeded. */
  readonly family: string | undefined;
  /** It did something, by its own declaration or by an answer that only says so. */
  readonly acted: boolean;
  readonly mutated: boolean;
  /** The beginning of what it answered, for the message to the model. */
  readonly preview: string;
}

const PREVIEW = 160;
const ACKNOWLEDGED =
  /\b(?:ok(?:ay)?|done|success(?:ful(?:ly)?)?|created|updated|deleted|removed|written|wrote|saved|sent|added|moved|copied|renamed|applied|inserted|uploaded|booked|completed|committed|accepted|true)\b|成功|完成|已(?:创建|更新|删除|保存|发送|写入|添加|提交)/i;
const NOTHING =
  /\b(?:no|not|none|0|empty|nothing|fail\w*|errors?|unknown|unchanged|invalid)\b|\[\]|\{\}|没有|未|无|失败/i;
/** By their names: tools that do something, and such that only look, whose "ok" and silence change nothing. */
const ACTING =
  /(?:^|[/_.-])(?:create|update|delete|write|edit|set|send|add|remove|move|copy|rename|apply|insert|post|put|book|cancel|click|press|type|save|upload|replace|patch|commit|make)(?:$|[/_.-])/i;
const LOOKING_TOOL =
  /(?:^|[/_.-])(?:search|find|query|get|list|read|fetch|look|lookup|grep|show|view|check|status|browse|think|count|describe)(?:$|[/_.-])/i;
const NO_ERROR = /["']?\berrors?["']?\s*:\s*(?:null|false|undefined|\[\]|0|"")/gi;
/** Tools, and programs in a command, that wait. */
const WAITING = /(?:^|[/_.-])(?:sleep|wait|poll)(?:$|[/_.-])/i;
const SLEEPS = /(?:^|[;&|]\s*)sleep\s+[\d.$]/;
/** Programs that only look: their silence says that there is nothing. */
const LOOKING =
  /^\s*(?:ls|cat|grep|rg|ag|find|fd|head|tail|wc|which|stat|file|tree|git\s+(?:log|status|diff|grep|show|ls-files)|sed\s+-n|awk|jq|pgrep|ps)\b/;

export function recordOf(call: GuardedCall, number: number): CallRecord {
  const { name, args, result } = call;
  const failure = failureOf(call);
  const mutated = call.mutated ?? false;
  const command = commandOf(args);
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, '_');
  const text = failure?.text ?? resultText(result, PREVIEW * 2);
  const isAcknowledged = failure === undefined && isAcknowledgement(words, text, result, command);
  const acted = mutated || isAcknowledged;
  return {
    number,
    name,
    asked: askedOf(name, args, acted),
    answered: failure === undefined ? digest(result, 'result') : digest([failure.family, failure.text], 'result'),
    poll: call.poll ?? (WAITING.test(words) || (command !== undefined && SLEEPS.test(command))),
    infrastructure: failure?.infrastructure ?? call.infrastructure ?? false,
    family: failure?.family,
    acted,
    mutated,
    preview: text.slice(0, PREVIEW),
  };
}

/**
 * Whoever deletes ten records by their UUIDs and hears "ok" ten times does not repeat himself: where a call acts, or is about
 * nothing but an identifier, identifiers count.
 */
export const askedOf = (name: string, args: unknown, acted: boolean): number =>
  Math.imul(
    scan(name, 0, name.length, PRIME, 'exact') ^ digest(args, acted || isOneIdentifier(args) ? 'exact' : 'args'),
    PRIME,
  );

function isOneIdentifier(args: unknown): boolean {
  const entries = typeof args === 'object' && args !== null ? fewEntries(args) : undefined;
  const only = entries?.length === 1 ? entries[0]![1] : undefined;
  return typeof only === 'string' && isIdentifier(only);
}

function commandOf(args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null) return undefined;
  const { command, cmd, action } = args as Record<string, unknown>;
  for (const each of [command, cmd, action]) if (typeof each === 'string') return each.slice(0, 1_000);
  return undefined;
}

function isAcknowledgement(tool: string, text: string, result: unknown, command: string | undefined): boolean {
  const said = text.replace(NO_ERROR, '').trim();
  const acts = ACTING.test(tool);
  if (said === '') return isEmpty(result) && (acts || (command !== undefined && !LOOKING.test(command)));
  return (acts || !LOOKING_TOOL.test(tool)) && ACKNOWLEDGED.test(said) && !NOTHING.test(said);
}
/** Nothing at all, in JSON or in MCP; an empty list is an answer. */
function isEmpty(result: unknown): boolean {
  if (result === undefined || result === null) return true;
  if (typeof result === 'string') return result.trim() === '';
  if (typeof result !== 'object' || Array.isArray(result)) return false;
  const { content } = result as { content?: unknown };
  if (Array.isArray(content)) return content.length === 0 || (content.length === 1 && isEmpty(content[0]?.text));
  return fewEntries(result)?.length === 0;
}
