import type { MissingCapability } from './api.ts';
import type { Picture } from './features.ts';
import { Need } from './likeness.ts';
import { asWords } from './required.ts';
import { STOP_WORDS } from './stop-words.ts';
import { termsOf } from './terms.ts';

const MOST_KEYWORDS = 5;
const IN_NAME = 2;
const LONGEST_RUN = 12;

/** What the caller named itself. */
export const missingNamed = (capabilities: readonly string[]): readonly MissingCapability[] =>
  capabilities.map((capability) => ({
    capability,
    priority: 'high',
    keywords: [...new Set([asWords(capability), ...asWords(capability).split(' ')])].slice(0, MOST_KEYWORDS),
  }));

/** The most telling words of the task that the best tool does not come near to, in the task's order. */
export function missingFrom(task: string, picture: Picture): readonly MissingCapability[] {
  const best = picture.ranked[0]?.offered;
  const words = [...new Set(wordsOf(task))]
    .map((word, at) => {
      const { total } = termsOf(word, true);
      const covered = best === undefined ? 0 : new Need(termsOf(word, true)).likeness(best).takes;
      return { word, at, tells: total * (1 - covered) };
    })
    .filter(({ tells }) => tells > 0.1)
    .sort((a, b) => b.tells - a.tells);
  const keywords = words.slice(0, MOST_KEYWORDS);
  if (keywords.length === 0) return [];
  const named = keywords.slice(0, IN_NAME).sort((a, b) => a.at - b.at);
  return [
    {
      capability: named.map(({ word }) => word).join('_'),
      priority: 'high',
      keywords: keywords.map(({ word }) => word),
    },
  ];
}

/** English words but names and numbers; Chinese between the words of asking. */
function wordsOf(task: string): string[] {
  const english = (task.match(/[\p{Script=Latin}]{3,}/gu) ?? [])
    .filter((word, n) => n === 0 || !/^\p{Lu}/u.test(word))
    .map((word) => word.toLowerCase())
    .filter((word) => !STOP_WORDS.has(word));
  const chinese = (task.match(/\p{Script=Han}+/gu) ?? []).flatMap(withoutAsking).filter((run) => run.length > 1);
  return [...english, ...chinese.map((run) => run.slice(0, LONGEST_RUN))];
}

function withoutAsking(run: string): string[] {
  let rest = run;
  for (const word of STOP_WORDS) if (/^\p{Script=Han}/u.test(word)) rest = rest.replaceAll(word, ' ');
  return rest.split(/[ 的了吗呢吧请把]+/).filter(Boolean);
}
