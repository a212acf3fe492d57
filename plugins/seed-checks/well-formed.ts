import type { SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { folded } from './fold.ts';
import { textsOf, userText, wordsOnly } from './own-words.ts';
import { failed, passed, type Verdict } from './verdict.ts';
import { OPEN_PLACES } from './words/gaps.ts';
import { SPEAKS_OF_ITSELF, TAKES_OVER } from './words/instructions.ts';

export interface TextLimits {
  readonly shortest: number;
  readonly longest: number;
  readonly longestLine: number;
}

const LONGEST_LABEL = 60;
/** A Chinese character says as much as so many letters. */
const HAN_WEIGHT = 3;
/** Characters that no text has, and how many of a hundred make it unreadable. */
const BROKEN = /(?![\t\n\r])\p{Cc}|\ufffd/gu;
const MOST_BROKEN = 0.02;
/** Of so many words fewer than one in so many is another: a model that went round in circles. */
const CIRCLE_WORDS = 60;
const CIRCLE_SHARE = 0.12;

/** A task that an agent can be given: it has all its parts, is text and not a form, and speaks to who does it. */
export class WellFormedCheck implements SeedCheck {
  readonly #limits: TextLimits;

  constructor(limits: TextLimits) {
    this.#limits = limits;
  }

  async check(seed: SeedDraft, evidence: SeedEvidence): Promise<Verdict> {
    const why = this.#parts(seed) ?? ofTexts(textsOf(seed), evidence) ?? ofDescription(seed.description, evidence);
    return why === undefined ? passed : failed(why);
  }

  #parts({ description, constraints, success_criteria, task_type, domain, complexity }: SeedDraft): string | undefined {
    const { shortest, longest, longestLine } = this.#limits;
    if (description.trim() === '') return 'the description is empty';
    const weight = weightOf(description);
    if (weight === 0 || weight < shortest)
      return `the description says too little: ${JSON.stringify(description.slice(0, 40))}`;
    if (description.length > longest)
      return `the description has ${description.length} characters, more than ${longest}`;
    if (success_criteria.length === 0) return 'there is no success criterion';
    for (const [name, texts] of [
      ['constraint', constraints],
      ['success criterion', success_criteria],
    ] as const) {
      if (texts.some((text) => typeof text !== 'string' || !/[\p{L}\p{N}]/u.test(text))) return `a ${name} is empty`;
      if (texts.some((text) => text.length > longestLine)) return `a ${name} has more than ${longestLine} characters`;
    }
    for (const [name, label] of [
      ['task_type', task_type],
      ['domain', domain],
    ] as const)
      if (!/\p{L}/u.test(label) || label.length > LONGEST_LABEL || /[\n{}<>]/.test(label))
        return `${name} is no short label: ${JSON.stringify(label.slice(0, LONGEST_LABEL))}`;
    return ['low', 'medium', 'high'].includes(complexity) ? undefined : `complexity is ${JSON.stringify(complexity)}`;
  }
}

/** Letters and digits beside what redaction put in. */
function weightOf(text: string): number {
  const left = text.replace(/<[A-Z][A-Z0-9_]*_\d+>/g, '').replace(/[^\p{L}\p{N}]/gu, '');
  return (
    left.length +
    (left.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu)?.length ?? 0) *
      (HAN_WEIGHT - 1)
  );
}

function ofTexts(texts: readonly string[], evidence: SeedEvidence): string | undefined {
  const text = texts.join('\n\n');
  if (!text.isWellFormed() || (text.match(BROKEN)?.length ?? 0) > text.length * MOST_BROKEN)
    return 'it holds broken characters';
  const plain = folded(text);
  let said: string | undefined;
  const isUsers = (found: string): boolean => {
    said ??= folded(userText(evidence)).toLowerCase();
    return said.includes(found.trim().toLowerCase());
  };
  const takesOver = firstOf(TAKES_OVER, plain);
  if (takesOver !== undefined) return `it instructs its reader: ${shown(takesOver)}`;
  const speaks = firstOf(SPEAKS_OF_ITSELF, plain, isUsers);
  if (speaks !== undefined) return `it reads like a prompt or a model, not like a task: ${shown(speaks)}`;
  const open = firstOf(OPEN_PLACES, withoutCode(plain), isUsers);
  return open && `it has an open place: ${shown(open)}`;
}

/** The first match of any, but for those that are excused. */
function firstOf(
  patterns: readonly RegExp[],
  text: string,
  isExcused: (found: string) => boolean = () => false,
): string | undefined {
  for (const pattern of patterns) {
    if (!pattern.test(text)) continue;
    for (const [found] of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) if (!isExcused(found)) return found;
  }
  return undefined;
}

const shown = (found: string): string => JSON.stringify(found.trim().slice(0, 80));
const withoutCode = (text: string): string =>
  text.includes('`') ? text.replace(/```[\s\S]*?(?:```|$)|`[^`\n]*`/g, ' code ') : text;

function ofDescription(description: string, evidence: SeedEvidence): string | undefined {
  const text = description.trim();
  if (/^[{[][\s\S]*[}\]]$/.test(text) && isJson(text) && !userText(evidence).includes(text))
    return 'the description is JSON, not a task';
  const words = text.length < CIRCLE_WORDS * 2 ? [] : wordsOnly(withoutCode(text)).trim().split(' ');
  if (
    words.length >= CIRCLE_WORDS &&
    new Set(words).size < words.length * CIRCLE_SHARE &&
    !userText(evidence).includes(text)
  )
    return 'the description repeats itself';
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
