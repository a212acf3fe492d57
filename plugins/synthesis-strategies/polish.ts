import { capitalised, ended } from './plain-text.ts';
import { sentencesOf } from './sentences.ts';
import { GERUNDS, LATER_REQUEST, LEAD_INS, TAILS, VERBS } from './words/requests.ts';
import { DEICTIC, OPENERS, SMALL_TALK } from './words/small-talk.ts';

export interface Polished {
  readonly text: string;
  /** It asks for something, as opposed to telling a fact. */
  readonly asks: boolean;
}

/** These begin what is wanted in passing, not a task. */
const PASSING = new Set('use pay travel fly keep be stay go include choose take have know talk get'.split(' '));

/** Asks for something that only the talk before tells. */
const EMPTY_REQUEST =
  /^\w+(?: \w+)? (?:this|that|it|those|them|these|one)(?: out| up| for me| now| instead| too)?[.!?]*$|^(?:proceed|confirm|go ahead|continue)\b(?!.*\b(?:whether|if)\b)[^,]{0,60}$/i;

const firstWord = (text: string): string => (/^[A-Za-z'-]+/.exec(text)?.[0] ?? '').toLowerCase();

/** Patterns as one, which a sentence is read for once; of several that match, the first in the list does. */
const oneOf = (patterns: readonly RegExp[]): RegExp => new RegExp(patterns.map(({ source }) => source).join('|'), 'iu');
/** Those that only look at the start are quick to say no when they stand by themselves. */
const [SMALL_TALK_STARTS, SMALL_TALK_ANYWHERE] = [true, false].map((anchored) =>
  oneOf(SMALL_TALK.filter(({ source }) => /^\^(?!.*\|\^)/.test(source) === anchored)),
) as [RegExp, RegExp];
const OPENER = oneOf(OPENERS);
const LEAD_IN = oneOf(LEAD_INS);

const isSmallTalk = (text: string): boolean => SMALL_TALK_STARTS.test(text) || SMALL_TALK_ANYWHERE.test(text);

/** A sentence without greeting, thanks and agreement at its start. */
export function opened(sentence: string): string {
  let rest = sentence.trim();
  for (let round = 0; round < 4; round++) {
    const after = rest.replace(OPENER, '').trim();
    if (after === rest) break;
    rest = after;
  }
  return rest;
}

/** What a sentence of a dialogue asks or tells, as an instruction or a fact; undefined where it is only talk. */
export function polished(sentence: string): Polished | undefined {
  let text = opened(sentence);
  if (isSmallTalk(text)) return undefined;
  if (DEICTIC.test(text)) {
    const reason = /\b(?:as|because|since) (i .+)$/i.exec(text)?.[1];
    if (reason === undefined || DEICTIC.test(reason)) return undefined;
    text = reason;
  }
  const request = asRequest(text);
  text = request.text;
  for (const tail of TAILS) text = text.replace(tail, '');
  text = text
    .replace(/^i (?:do not|don't) (?:want|need|wish) to /i, 'Do not ')
    .replace(/^i (?:do not|don't) (?:want|need) (?:any |a |the )?(?!to\b)/i, 'No ');
  if (isSmallTalk(text) || text.length < 2 || (request.asks && EMPTY_REQUEST.test(text))) return undefined;
  if (request.asks) text = text.replace(/\s*\?+$/, '').replace(/^know\b/i, 'find out');
  return { text: ended(capitalised(text.trim())), asks: request.asks && !PASSING.has(firstWord(text)) };
}

/** A request in its plain form: `I'd like to book a flight` is `book a flight`. */
export function asRequest(sentence: string): Polished {
  let text = sentence;
  let asks = VERBS.has(firstWord(text)) && !/^\w+(?:\.|$| of\b)/.test(text);
  if (LATER_REQUEST.test(text)) return { text, asks };
  for (let round = 0; round < 3; round++) {
    const rest = text.replace(LEAD_IN, '').trim();
    if (rest === text.trim()) break;
    const first = firstWord(rest);
    const verb = GERUNDS.get(first);
    if (verb !== undefined) text = verb + rest.slice(first.length);
    else if (VERBS.has(first) || /^\p{Script=Han}/u.test(rest)) text = rest;
    else if (LEAD_IN.test(rest)) text = rest;
    else if (/\b(?:help|assist\w*)\b/i.test(text.slice(0, text.length - rest.length)) && rest.length > 3) {
      text = `help with ${rest}`;
      asks = true;
      break;
    } else break;
    asks = true;
  }
  return { text, asks };
}

/** One message without greeting and thanks around what it asks. */
export function politeWhole(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => opened(line) !== '');
  if (first < 0) return text;
  const start = opened(lines[first]!);
  const sentences = sentencesOf(start);
  const head = sentences[0] ?? start;
  let { text: plain, asks } = asRequest(head);
  if (asks && sentences.length === 1) for (const tail of TAILS) plain = plain.replace(tail, '');
  if (asks && plain !== head) plain = plain.replace(/\?$/, '.');
  const line = capitalised(start.includes(head) ? start.replace(head, () => plain) : start);
  const rest = lines.slice(first + 1).filter((each) => each.trim() === '' || opened(each) !== '');
  const whole = [line, ...rest]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return whole.includes('\n') ? whole : ended(whole);
}
