import type { RedactionLevel } from '../api.ts';
import type { Group, Starts } from '../starts.ts';

/** Finds one kind of value. */
export interface Rule {
  readonly level: RedactionLevel;
  /** Cheap, and true for every text in which `find` finds something. */
  readonly may: (text: string, starts: Starts) => boolean;
  readonly find: (text: string, found: Found, starts: Starts) => void;
}

/** `named`: the value shows by the name beside it, not by itself. */
export type Found = (start: number, end: number, kind: string, named?: boolean) => void;

interface Shape {
  readonly level?: RedactionLevel;
  readonly kind: string;
  /** `(before)(value)`: the second group goes. Without groups, the whole goes. */
  readonly expression: RegExp;
  readonly accept?: (value: string, match: RegExpExecArray, text: string) => boolean;
  readonly named?: boolean;
  /** `starting`: only where this character stands. */
  readonly first?: string;
}

/** A rule that is one expression (`g`), for texts that pass a cheap look. */
export function shape({ level = 'secrets', may, ...rest }: Shape & Pick<Rule, 'may'>): Rule {
  const { expression } = rest;
  return {
    level,
    may,
    find(text, found) {
      expression.lastIndex = 0;
      for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
        tell(match, text, rest, found);
        if (expression.lastIndex === match.index) expression.lastIndex++;
      }
    },
  };
}

/** A rule that is one sticky expression (`y`), tried where words of a group begin. */
export function starting(group: Group, { level = 'secrets', first, ...rest }: Shape): Rule {
  const { expression } = rest;
  const code = first?.charCodeAt(0);
  return {
    level,
    may: (_text, starts) => starts[group].length > 0,
    find(text, found, starts) {
      for (const at of starts[group]) {
        if (code !== undefined && text.charCodeAt(at) !== code) continue;
        expression.lastIndex = at;
        const match = expression.exec(text);
        if (match !== null) tell(match, text, rest, found);
      }
    },
  };
}

function tell(match: RegExpExecArray, text: string, { accept, kind, named = false }: Shape, found: Found): void {
  const start = match.index + (match[1]?.length ?? 0);
  const value = match[2] ?? match[0];
  if (accept === undefined || accept(value, match, text)) found(start, start + value.length, kind, named);
}

/** Any of the words. */
export const has =
  (...words: readonly string[]) =>
  (text: string): boolean =>
    words.some((word) => text.includes(word));
