import { entropy } from '../checksums.ts';
import type { TellingNames } from '../telling-names.ts';
import type { Rule } from './rule.ts';

const REACH = 48;
const LEAST = 16;
const BITS = 3.2;
const RUN = /(?<![A-Za-z0-9_+/=%-])[A-Za-z0-9_+/=.~-]{16,256}/g;

/** What looks drawn by lot, and stands in the same line shortly after a word for a secret. */
export function nearWords(names: TellingNames): Rule {
  return {
    level: 'secrets',
    may: (_text, starts) => starts.name.length > 0,
    find(text, found, starts) {
      for (const at of starts.name) {
        const from = names.endOfNear(text, at);
        if (from === 0) continue;
        // With the last character of the name: what goes on from it is part of it.
        const after = text.slice(from - 1, from + REACH + 256);
        const line = after.indexOf('\n');
        RUN.lastIndex = 1;
        for (let run = RUN.exec(after); run !== null && run.index <= REACH; run = RUN.exec(after)) {
          if (line >= 0 && run.index > line) break;
          const value = run[0].replace(/[.=/~-]+$/, '');
          if (value.length >= LEAST && isDrawn(value))
            found(from - 1 + run.index, from - 1 + run.index + value.length, 'SECRET', true);
        }
      }
    },
  };
}

/** Hashes and ids have names of their own, and words in a row are none. */
function isDrawn(value: string): boolean {
  if (!/\d.*\d/.test(value) || !/[A-Za-z].*[A-Za-z]/.test(value)) return false;
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)) return false;
  if (value.split(/[-_./+=]/).every((part) => /^(?:[A-Za-z]+\d{0,4}|\d+)?$/.test(part))) return false;
  return entropy(value) >= BITS;
}
