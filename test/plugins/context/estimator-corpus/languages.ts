import { catalogue, find, plainHtml, plainManual, type Source, sourcesOf } from './files.ts';
import { files, join, MODULES, type Sources, share } from './sources.ts';

const SCRIPTS = {
  han: /[\p{Script=Han}\u3000-\u303F\uFF00-\uFF60]/gu,
  kana: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}\u3000-\u303F\uFF00-\uFF60ー]/gu,
  hangul: /\p{Script=Hangul}/gu,
  cyrillic: /\p{Script=Cyrillic}/gu,
  arabic: /\p{Script=Arabic}/gu,
  hebrew: /\p{Script=Hebrew}/gu,
  devanagari: /\p{Script=Devanagari}/gu,
  thai: /\p{Script=Thai}/gu,
  greek: /\p{Script=Greek}/gu,
  georgian: /\p{Script=Georgian}/gu,
  armenian: /\p{Script=Armenian}/gu,
  khmer: /\p{Script=Khmer}/gu,
  bengali: /\p{Script=Bengali}/gu,
  tamil: /\p{Script=Tamil}/gu,
  gujarati: /\p{Script=Gujarati}/gu,
  kannada: /\p{Script=Kannada}/gu,
  telugu: /\p{Script=Telugu}/gu,
  ethiopic: /\p{Script=Ethiopic}/gu,
  malayalam: /\p{Script=Malayalam}/gu,
  gurmukhi: /\p{Script=Gurmukhi}/gu,
  sinhala: /\p{Script=Sinhala}/gu,
  lao: /\p{Script=Lao}/gu,
  myanmar: /\p{Script=Myanmar}/gu,
  latin: /\p{Script=Latin}/gu,
};

/** Lines in which the script has this share of what is not space: of documentation, manuals, catalogues and READMEs of these languages. */
export function mostly(script: keyof typeof SCRIPTS, languages: readonly string[], least: number, most = 1): Sources {
  const some = `(?:${languages.join('|')})`;
  const fits = (line: string): boolean => {
    const solid = line.replace(/\s/g, '').length;
    const part = (line.match(SCRIPTS[script])?.length ?? 0) / solid;
    return solid >= 12 && part >= least && part <= most;
  };
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(fits)
      .join('\n');
  return join(
    function* () {
      for (const file of find(share('locale'), new RegExp(`/${some}/LC_MESSAGES/[^/]+\\.mo$`), {
        maxBytes: 3_000_000,
      })) {
        const text = lines(catalogue(file).join('\n'));
        if (text.length >= 400) yield { name: file.split('/').slice(-3).join('/'), text };
      }
    },
    files(share('doc'), new RegExp(`(?:/${some}/|[.-]${some}\\.)(?:[^/]*/)?[^/]*\\.?(?:html|txt|txt\\.gz)$`), (text) =>
      lines(plainHtml(text)),
    ),
    files(share('man'), new RegExp(`/man/${some}/.*\\.gz$`), (text) => lines(plainManual(text))),
    files([...MODULES, '/usr/share/vim'], new RegExp(`(?:README\\.|tutor\\.)${some}(?:\\.utf-8|\\.md)$`), lines),
    files(
      share('games/fortunes'),
      languages.includes('ru') ? /fortunes\/ru\/[^.]*$/ : languages.includes('zh_CN') ? /fortunes\/chinese$/ : /^$/,
      (text) => lines(plainFortune(text)),
    ),
    files(MODULES, new RegExp(`zod/v4/locales/${some}\\.js$`), (text) =>
      lines([...text.matchAll(/(["'`])((?:(?!\1).)*)\1/g)].map((match) => match[2]).join('\n')),
    ),
  );
}

/** Scripts with a language or two each, in turn. */
export const otherScripts: Sources = join(
  ...(
    [
      ['ka', 'georgian'],
      ['hy', 'armenian'],
      ['km', 'khmer'],
      ['bn', 'bengali'],
      ['ta', 'tamil'],
      ['gu', 'gujarati'],
      ['kn', 'kannada'],
      ['te', 'telugu'],
      ['am', 'ethiopic'],
      ['ml', 'malayalam'],
      ['pa', 'gurmukhi'],
      ['si', 'sinhala'],
      ['lo', 'lao'],
      ['my', 'myanmar'],
    ] as const
  ).map(([language, script]) => mostly(script, [language], 0.7)),
);

/** Collections of poems, twenty at a time. */
export function* poems(): Generator<Source> {
  for (const { name, text } of sourcesOf(find(share('games/fortunes'), /(?:tang300|song100)$/), (whole) => whole)) {
    const each = text.split('\n%\n');
    for (let from = 0; from < each.length; from += 20)
      yield { name: `${name}-${from}`, text: plainFortune(each.slice(from, from + 20).join('\n')) };
  }
}

function plainFortune(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they colour the terminal
  return text.replace(/\u001b\[[\d;]*m/g, '').replace(/^%\n/gm, '');
}
