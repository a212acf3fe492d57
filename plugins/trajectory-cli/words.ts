import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fault, nearest, reason } from '#kernel';

/** Options, and at most so many words. */
export function parsed<O extends NonNullable<ParseArgsConfig['options']>>(
  words: readonly string[],
  most: number,
  options: O,
) {
  try {
    const found = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
    const extra = found.positionals[most];
    if (extra !== undefined) throw new Error(`"${extra}" is one word too many`);
    return found;
  } catch (error) {
    const [, option] = /^Unknown option '(-[^']*)'/.exec(reason(error)) ?? [];
    if (option === undefined) throw wrong(reason(error));
    throw wrong(
      `there is no option ${option} here`,
      nearest(
        option,
        Object.keys(options).map((name) => `--${name}`),
      ),
    );
  }
}

export function oneOf<T extends string>(word: string, known: readonly T[], what: string): T {
  const found = known.find((each) => each === word);
  if (found === undefined) throw wrong(`there is no ${what} "${word}"`, known);
  return found;
}

export function countFrom1(word: string | undefined, option: string): number | undefined {
  if (word === undefined) return undefined;
  const count = Number(word);
  if (!(Number.isSafeInteger(count) && count > 0)) throw wrong(`${option} takes a number from 1`);
  return count;
}

/** The one word that a command needs. */
export function which(word: string | undefined, command: string, what: string): string {
  if (word === undefined || word === '') throw wrong(`${command}: which ${what}?`);
  return word;
}

export const wrong = (message: string, alternatives: readonly string[] = []) =>
  fault('CLI_USAGE', message, { kind: 'invalid', alternatives, hint: 'see --help' });
