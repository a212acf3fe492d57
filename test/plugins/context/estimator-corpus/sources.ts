import path from 'node:path';
import { find, plainHtml, plainManual, read, type Source, sourcesOf } from './files.ts';

/** The project itself, and what npm put there. */
export const HOST = path.join(import.meta.dirname, '../../../..');
export const MODULES = ['node_modules', 'test/judges/node_modules', 'test/judges/real-servers/node_modules'].map(
  (folder) => path.join(HOST, folder),
);
/** Documentation that is unpacked elsewhere, as it would be below /usr. */
const EXTRA = process.env.ESTIMATOR_DOCS ? [process.env.ESTIMATOR_DOCS] : [];

/** A folder of /usr/share, wherever there is one. */
export const share = (folder: string): string[] =>
  ['/usr/share', ...EXTRA.map((root) => path.join(root, 'share'))].map((root) => path.join(root, folder));

export type Sources = () => Iterable<Source>;

/** One of each in turn, so that the first does not crowd the others out. */
export function join(...all: readonly Sources[]): Sources {
  return function* () {
    let open = all.map((sources) => sources()[Symbol.iterator]());
    while (open.length > 0)
      for (const one of [...open]) {
        const { done, value } = one.next();
        if (done) open = open.filter((other) => other !== one);
        else yield value;
      }
  };
}

export function files(
  roots: readonly string[],
  pattern: RegExp,
  plain?: (text: string) => string,
  minBytes = 1_500,
  maxBytes = 600_000,
): Sources {
  return () => sourcesOf(find(roots, pattern, { minBytes, maxBytes }), plain);
}

/** Texts that were written for the corpus, for what a machine may lack. */
export function written(name: string): Sources {
  return () =>
    read(path.join(import.meta.dirname, 'written', `${name}.txt`))
      .split('\n%\n')
      .map((text, i) => ({ name: `written/${name}-${i}`, text: text.trim() }));
}

/** Prose of manual pages. */
export function manuals(section: string): Sources {
  return files(['/usr/share/man'], new RegExp(`/${section}/[^/]*\\.gz$`), (text) =>
    onlyLines(plainManual(text), /^[A-Z][^<>{}=|]{60,}/),
  );
}

/** Pages of documentation in a language: text and HTML whose path says so. */
export function pages(language: string): Sources {
  return files(
    share('doc'),
    new RegExp(`(?:/${language}/|[.-]${language}\\.)(?:[^/]*/)?[^/]*\\.?(?:html|txt|txt\\.gz)$`),
    plainHtml,
  );
}

const onlyLines = (text: string, pattern: RegExp) =>
  text
    .split('\n')
    .filter((line) => pattern.test(line))
    .join('\n');
