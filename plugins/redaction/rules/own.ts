import type { RedactionLevel } from '../api.ts';
import { bounded } from '../pattern-check.ts';
import type { Rule } from './rule.ts';

/** A shape of the configuration; what it takes is bounded, whatever it says. */
export function ownRule(kind: string, pattern: string, ignoreCase: boolean, level: RedactionLevel): Rule {
  const expression = new RegExp(bounded(pattern), ignoreCase ? 'gi' : 'g');
  return {
    level,
    may: () => true,
    find(text, found) {
      expression.lastIndex = 0;
      for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
        const value = match[1] ?? match[0];
        const start = match.index + (match[1] === undefined ? 0 : match[0].indexOf(match[1]));
        if (value !== '') found(start, start + value.length, kind);
        if (expression.lastIndex <= match.index) expression.lastIndex = match.index + 1;
      }
    },
  };
}
