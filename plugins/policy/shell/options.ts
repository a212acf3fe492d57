import type { Word } from './script.ts';
import type { Wrapper } from './wrappers.ts';

export interface Unwrapped {
  /** The command that it runs; empty: none of its own. */
  readonly inner: readonly Word[];
  readonly scripts: readonly Word[];
  /** Values of its options, by name. */
  readonly values: ReadonlyMap<string, Word>;
  readonly given: ReadonlySet<string>;
  readonly assignments: readonly Word[];
  readonly unclear: string | undefined;
}

/** Takes the options of a wrapper off. `words` do not include its own name. */
export function unwrap(words: readonly Word[], wrapper: Wrapper): Unwrapped {
  const values = new Map<string, Word>();
  const given = new Set<string>();
  const scripts: Word[] = [];
  const assignments: Word[] = [];
  let unclear: string | undefined;
  let operands = wrapper.operands;
  let at = 0;
  const value = (name: string, own: Word): void => {
    values.set(name, own);
    if (wrapper.scripts.includes(name)) scripts.push(own);
  };
  const next = (name: string): void => {
    const own = words[++at];
    if (own !== undefined) value(name, own);
  };
  for (; at < words.length; at++) {
    const { text, open } = words[at]!;
    if (text === '--') {
      at++;
      break;
    }
    if (text.startsWith('--')) {
      const [name, attached] = split(text.slice(2));
      given.add(name);
      if (attached !== undefined) value(name, { ...words[at]!, text: attached });
      else if (wrapper.longValued.includes(name)) next(name);
      else if (!wrapper.longFlags.includes(name)) unclear ??= `the option --${name} is not known`;
    } else if (text.startsWith('-') && text.length > 1) {
      for (let letter = 1; letter < text.length; letter++) {
        const name = text[letter]!;
        given.add(name);
        if (wrapper.valued.includes(name)) {
          if (letter + 1 < text.length) value(name, { ...words[at]!, text: text.slice(letter + 1) });
          else next(name);
          break;
        }
        if (!wrapper.flags.includes(name)) unclear ??= `the option -${name} is not known`;
      }
    } else if (wrapper.assignments && /^\w+=/.test(text)) assignments.push(words[at]!);
    else if (wrapper.operands > 0 && text === '-') continue;
    else if (operands > 0 && scripts.length === 0) {
      operands--;
      if (open) unclear ??= 'an operand is not known';
    } else break;
  }
  let inner = words.slice(at);
  // Operands and assignments may stand behind the end of the options, too.
  while (operands > 0 && scripts.length === 0 && inner.length > 0) {
    operands--;
    inner = inner.slice(1);
  }
  while (wrapper.assignments && inner[0] !== undefined && /^\w+=/.test(inner[0].text)) {
    assignments.push(inner[0]);
    inner = inner.slice(1);
  }
  return { inner, scripts, values, given, assignments, unclear };
}

const split = (option: string): readonly [string, string | undefined] => {
  const at = option.indexOf('=');
  return at < 0 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
};
