import { CLOCK, COLON, DASH, DIGIT, DOT, HEX, JOINT, LETTER, SLASH } from './kinds.ts';

/**
 * - result: all that changes from call to call by itself is left out.
 * - args: the same, without what may be the very thing that is asked for: full times, whole durations.
 * - exact: only what is volatile by its name, clocks, process ids and temporary names are left out; identifiers count.
 */
export type DigestMode = 'result' | 'args' | 'exact';

/** Stands in a digest for what was left out. */
export const VOLATILE = 0x7f4a7c15;

/** Names of fields whose values say nothing of what was asked or answered. */
const KEYS: ReadonlySet<string> = new Set(
  [
    'pid ppid process_id nonce cache_buster timestamp ts now current_time generated_at requested_at fetched_at checked_at',
    'duration_ms elapsed elapsed_ms elapsed_seconds took took_ms latency latency_ms uptime response_time execution_time',
    'request_id req_id call_id tool_call_id trace_id span_id correlation_id invocation_id idempotency_key attempt_id',
  ].flatMap((line) => line.split(' ').flatMap(spellings)),
);
function spellings(key: string): readonly string[] {
  const words = key.split('_');
  const camel = words.map((each, at) => (at === 0 ? each : each[0]!.toUpperCase() + each.slice(1))).join('');
  return [key, camel, words.join('-'), key.toUpperCase(), camel[0]!.toUpperCase() + camel.slice(1)];
}
export const isVolatileKey = (key: string): boolean => KEYS.has(key);

/** By length, first and last character: most words are no such key, and are told from one without being cut out. */
const MAY_BE_KEY = new Uint8Array(32 * 32 * 32);
const place = (text: string, begin: number, end: number): number =>
  ((end - begin) & 31) * 1024 + (text.charCodeAt(begin) & 31) * 32 + (text.charCodeAt(end - 1) & 31);
for (const key of [...KEYS, 'process', 'Process']) MAY_BE_KEY[place(key, 0, key.length)] = 1;

const CALL_ID = /^(?:call|toolu|chatcmpl|req|resp|msg|run|fc)[_-](?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{8,}$/;
const DURATION = /^\d+(?:\.\d+)?(?:ns|us|ms|s|sec|secs|m|min|mins|h|hrs?)$/;
const FINE_DURATION = /^(?:\d+\.\d+(?:s|sec|secs)|\d+(?:\.\d+)?(?:ns|us|ms))$/;
const UNIT = /^[ ](?:ns|us|µs|ms|milliseconds?|s|secs?|seconds?|minutes?|hours?)\b/;
/** mktemp, tempfile, Node's mkdtemp: nobody chose such a name. */
const RANDOM_NAME =
  /^\/(?:var\/)?tmp\/(?:tmp[._-]?\w{4,}|[\w.-]*[._-](?=\w*\d)(?=\w*[A-Za-z])\w{6,}|[\w.-]*\d{6,}[\w.-]*|(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)\w{6,})(?=\/|$)/;

/** Is the word at `begin` to `till` one that changes from call to call by itself? `last` to `lastEnd`: the word before. */
export function volatileAt(
  text: string,
  begin: number,
  till: number,
  kinds: number,
  last: number,
  lastEnd: number,
  mode: DigestMode,
): boolean {
  const end = text.charCodeAt(till - 1) === 46 ? till - 1 : till;
  const length = end - begin;
  if ((kinds & SLASH) !== 0)
    return length < 300 && text.startsWith('tmp/', begin + 1) && isRandom(text.slice(begin, end));
  if (kinds === DIGIT && isProcessId(text, begin, end)) return true;
  if (last >= 0 && MAY_BE_KEY[place(text, last, lastEnd)] === 1 && namesIt(text, last, lastEnd, begin)) return true;
  if ((kinds & COLON) !== 0) return isClock(text, begin, end, kinds, mode);
  if (mode === 'exact') return false;
  if (length === 36 && (kinds & ~(DIGIT | HEX | DASH | DOT)) === 0) return isUuid(text, begin);
  if ((kinds & ~(DIGIT | DOT)) === 0) return isEpoch(text, begin, length, kinds) || isTimed(text, end, length, mode);
  if (length > 7 && text.charCodeAt(begin) === 48 && (text.charCodeAt(begin + 1) | 32) === 120)
    return (kinds & ~(DIGIT | HEX | LETTER)) === 0;
  if (length < 12 && (kinds & ~(DIGIT | DOT | LETTER | HEX)) === 0 && isDigit(text.charCodeAt(begin)))
    return (mode === 'result' ? DURATION : FINE_DURATION).test(text.slice(begin, end));
  if (length > 11 && length < 80 && (kinds & (JOINT | DASH)) !== 0) return CALL_ID.test(text.slice(begin, end));
  return false;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isRandom = (name: string): boolean => RANDOM_NAME.test(name);

/** `"pid": 7`, `took=7`, `process 7`: what stands between the two names nothing else. */
function namesIt(text: string, last: number, lastEnd: number, begin: number): boolean {
  const word = text.slice(last, lastEnd);
  if (begin - lastEnd > 5 || !/^["']?\s*[:=#]?\s*["']?$/.test(text.slice(lastEnd, begin))) return false;
  return KEYS.has(word) || word === 'process' || word === 'Process';
}

/** `sshd[4711]` */
const isProcessId = (text: string, begin: number, end: number): boolean =>
  end - begin < 8 &&
  text.charCodeAt(begin - 1) === 91 &&
  text.charCodeAt(end) === 93 &&
  /[a-z]/i.test(text.charAt(begin - 2));

const isUuid = (text: string, begin: number): boolean =>
  text.charCodeAt(begin + 8) === 45 &&
  text.charCodeAt(begin + 13) === 45 &&
  text.charCodeAt(begin + 18) === 45 &&
  text.charCodeAt(begin + 23) === 45;

/** With `hh:mm:ss` in it. In arguments a full minute is more likely the one that is asked for than the clock. */
function isClock(text: string, begin: number, end: number, kinds: number, mode: DigestMode): boolean {
  if ((kinds & ~(DIGIT | COLON | DASH | DOT | CLOCK)) !== 0 || end - begin < 8) return false;
  const colon = text.indexOf(':', begin);
  if (text.charCodeAt(colon + 3) !== 58 || !isDigit(text.charCodeAt(colon + 5)) || colon + 6 > end) return false;
  if (mode === 'result') return true;
  return !/^00(?:\.0+)?(?!\.|\d)/.test(text.slice(colon + 4, end));
}

/** Seconds with a fraction, or milliseconds, since 1970. */
const isEpoch = (text: string, begin: number, length: number, kinds: number): boolean =>
  length > 12 &&
  length < 21 &&
  (kinds === DIGIT ? length === 13 : text.charCodeAt(begin + 10) === 46) &&
  text.charCodeAt(begin) === 49;

/** `12.5 seconds` */
const isTimed = (text: string, end: number, length: number, mode: DigestMode): boolean =>
  mode === 'result' && length < 12 && text.charCodeAt(end) === 32 && UNIT.test(text.slice(end, end + 14));

/** The whole text is one identifier that nobody would invent twice. */
export const isIdentifier = (text: string): boolean => /^(?=.*\d)[\w:.-]{6,80}$/.test(text);
