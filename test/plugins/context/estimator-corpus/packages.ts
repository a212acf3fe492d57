import path from 'node:path';
import { catalogue, find, read, type Source } from './files.ts';
import { HOST, MODULES, share } from './sources.ts';

/** Names of documents that packages have. */
export const documentNames = (): string[] => take(200, find(MODULES, /\.md$/)).map((file) => path.basename(file));

/** Translations as a program keeps them: JSON with Chinese values. */
export function* chineseCatalogues(): Generator<Source> {
  for (const file of find(share('locale'), /\/zh_CN\/LC_MESSAGES\/[^/]+\.mo$/, { maxBytes: 3_000_000 })) {
    const texts = catalogue(file).filter((text) => text.length < 120);
    yield {
      name: `json/${path.basename(file)}`,
      text: JSON.stringify(
        Object.fromEntries(texts.map((text, i) => [`message_${i}`, text])),
        null,
        file.length % 2 ? 2 : 0,
      ),
    };
  }
}

/** Lists of files. */
export function* paths(): Generator<Source> {
  for (const root of [...MODULES, '/usr/share/doc', '/usr/lib', '/usr/include', '/usr/share/man'])
    for (let part = 0; part < 6; part++) {
      const some = take(1_200, find([root], /./, { minBytes: 0, maxBytes: 1e9 })).filter((_, i) => i % 6 === part);
      if (some.length > 20)
        yield {
          name: `paths/${root.split('/').slice(-2).join('/')}-${part}`,
          text: some.map((file) => file.replace(HOST, '.')).join('\n'),
        };
    }
}

/** Where packages were got from. */
export function* locks(): Generator<Source> {
  for (const file of find([HOST], /(?<!node_modules.*)package-lock\.json$/, { maxBytes: 3_000_000 })) {
    const urls = [...read(file).matchAll(/"resolved": "(.*?)"/g)].map((match) => match[1]!);
    for (let part = 0; part < 4; part++)
      yield {
        name: `urls/${path.basename(path.dirname(file))}-${part}`,
        text: urls.filter((_, i) => i % 4 === part).join('\n'),
      };
  }
}

function take<T>(count: number, from: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const one of from) if (taken.push(one) === count) break;
  return taken;
}
