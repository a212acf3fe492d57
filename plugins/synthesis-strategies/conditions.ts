import { capitalised, clip, oneLine } from './plain-text.ts';
import { asRequest, opened } from './polish.ts';
import { sentencesOf, stemsOf } from './sentences.ts';
import { CLAUSE, CONDITION, FILE_PATH } from './words/conditions.ts';
import { UNKNOWN_TO_USER } from './words/small-talk.ts';

const MOST = 8;
const LONGEST = 160;

/** A question limits nothing, unless it names the limit. */
export const LIMIT =
  /\b(?:below|under|above|over|within|at most|at least|up to|no more|no less|before|after|by|only|without|except|exactly)\b|[$€£¥]\s?\d|以[内上下前后]|不[超少多]/i;
const WONDERS = /^(?:i (?:was|am) wondering|i'm not sure|i am not sure|i remember|there must be)\b/i;

/** The clauses that limit how the task may be done, each once. */
export function conditionsIn(sentences: readonly string[]): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const sentence of sentences) {
    if (found.length >= MOST) break;
    if (!CONDITION.test(sentence) || WONDERS.test(sentence)) continue;
    if (/[?？]\s*$/.test(sentence) && !LIMIT.test(sentence)) continue;
    for (const clause of clausesOf(sentence)) {
      // What stands in a path is no word.
      if (found.length >= MOST || !CONDITION.test(clause.replace(FILE_PATH, 'PATH')) || UNKNOWN_TO_USER.test(clause))
        continue;
      const text = capitalised(
        clip(
          asRequest(opened(oneLine(clause)))
            .text.replace(/^(?:please|and|or|so) /i, '')
            .replace(/[\s.,;:!?。，；]+$/, ''),
          LONGEST,
        ),
      );
      const words = stemsOf(text).join(' ') || text;
      if (text.length < 3 || text.startsWith('#') || seen.has(words)) continue;
      seen.add(words);
      found.push(text);
    }
  }
  return found;
}

const DEPENDENT = /^(?:if|when|unless|in case|since|as|because|while|although|once|and if)\b/i;
const INCOMPLETE = /^(?:(?:and|or|which|that|who|then|to|for|from|with)\b|以及|和)/i;

/** Clauses that say something alone: a subordinate one stays with the one that it depends on. */
function clausesOf(sentence: string): string[] {
  const clauses: string[] = [];
  for (const part of sentence.split(CLAUSE)) {
    const before = clauses.at(-1);
    if (part.trim() === '') continue;
    const short = part.split(' ').length < 3 && !/\p{Script=Han}/u.test(part);
    if (
      before !== undefined &&
      (INCOMPLETE.test(part) || DEPENDENT.test(part) || DEPENDENT.test(before.split(', ').at(-1)!) || short)
    )
      clauses[clauses.length - 1] = `${before}, ${part}`;
    else clauses.push(part);
  }
  return clauses;
}

/** Code in a text, as far as a sentence can hold it: short code, or the last line of an error. */
const inlineCode = (_: string, code: string): string => {
  const lines = code.trim().split('\n');
  const last = lines.at(-1)!.trim();
  if (lines.length === 1 && last.length <= 80) return ` \`${last}\`\n`;
  return /^[\w.]*(?:Error|Exception|Warning)\b/.test(last) ? ` \`${last.slice(0, 120)}\`\n` : '\n';
};

/** All sentences of a text but its code. */
export const proseOf = (text: string): string[] =>
  sentencesOf(
    text
      .replace(/\s*```\w*\n?([\s\S]*?)(?:```|$)/g, inlineCode)
      .replace(/^\s*(?:\*\*[^*\n]{1,60}\*\*|#{1,6} .{1,60})\s*$/gm, ''),
  );
