import { readFileSync } from 'node:fs';

const FILE = new URL('chinese.txt', import.meta.url);
const HAN = /\p{Script=Han}+/gu;
const LONGEST = 6;

let words: ReadonlyMap<string, readonly string[]> | undefined;

/**
 * What the Chinese words of a query are called in English, so that it finds tools that are described in English; of
 * `chinese.txt`, the longest word at each place. Read with the first Chinese query.
 */
export const englishOf = (query: string): string[] => wordsInEnglish(query).flat();

/** The same, word by word: each with all that it may be called. What `chinese.txt` does not have is left out. */
export function wordsInEnglish(query: string): (readonly string[])[] {
  const runs = query.match(HAN);
  if (runs === null) return [];
  words ??= read();
  const english: (readonly string[])[] = [];
  for (const run of runs) {
    for (let at = 0; at < run.length; ) {
      let length = Math.min(LONGEST, run.length - at);
      while (length > 0 && !words.has(run.slice(at, at + length))) length--;
      const called = words.get(run.slice(at, at + length));
      if (called !== undefined) english.push(called);
      at += Math.max(1, length);
    }
  }
  return english;
}

/** The query with its Chinese in English; undefined where it has none that is known. */
export function inEnglish(query: string): string | undefined {
  const called = wordsInEnglish(query);
  if (called.length === 0) return undefined;
  return [query.replace(HAN, ' ').trim(), ...called.map(([first]) => first)].filter(Boolean).join(' ');
}

function read(): Map<string, readonly string[]> {
  const read = new Map<string, readonly string[]>();
  for (const line of readFileSync(FILE, 'utf8').split('\n')) {
    if (line.startsWith('#')) continue;
    const [chinese, ...english] = line.trim().split(' ');
    if (chinese !== undefined && english.length > 0) read.set(chinese, english);
  }
  return read;
}
