import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReportInput } from '#plugins/synthesizer/api';
import { HAS_PYTHON, python } from '../trajectory-formats/python.ts';
import { HOSTILE } from './hostile-texts.ts';
import { madeInput } from './made-dataset.ts';
import { openReport } from './open-report.ts';

const { at } = openReport({ rows: 100, examples: 20 });
const filled = (text: string): ReportInput => madeInput((place) => `${text} ${place.replace(/\D+/g, '')}`);
const benign = filled('word');
/** Controls, direction marks, byte order marks and what is no character. */
const UNSEEN = /(?![\n\t])\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/u;

/** What lines are, whatever their words: two pages of the same input but for the words have the same. */
const shape = (markdown: string): readonly string[] =>
  markdown.split('\n').map((line) => {
    if (line.startsWith('|')) return `row of ${[...line.replace(/\\./g, '').matchAll(/\|/g)].length - 1}`;
    return /^(#{1,6} |> |>|- |\*\*|$)/.exec(line)?.[0] ?? 'text';
  });

/** Marks that would mean something to a renderer, once those that are escaped are letters. */
function marks(markdown: string): readonly string[] {
  return markdown.split('\n').flatMap((line) => {
    // What the page itself puts there.
    const own = line
      .replace(/^(?:#{1,2} |> ?|- (?:\*\*(.*?)\*\*:)?)/, '$1')
      .replace(/^\*\*(.*)\*\*(?: \(░.*)?$/, '$1')
      .replace(/^\|(?: ---:? \|)+$/, '');
    const bare = own.replace(/\\[!-/:-@[-`{-~]/g, 'x').replace(/&(?:lt|amp);/g, 'x');
    const inside = line.startsWith('|') ? bare.replaceAll('|', '').trimStart() : bare;
    const start = line.startsWith('|') ? [] : (/^ {0,3}(?:[#>=+-]|\d+[.)]|\t)|^ {4}/.exec(inside) ?? []);
    return [...start, ...(inside.match(/[<&`*[\]~$\\|]|:\/\/|\bwww\./g) ?? [])].map((mark) => `${mark} in ${line}`);
  });
}

test.each(HOSTILE)('%j stays text in Markdown', (text) => {
  const { markdown } = at.report.report(filled(text));
  expect(shape(markdown)).toEqual(shape(at.report.report(benign).markdown));
  expect(marks(markdown)).toEqual([]);
  expect(UNSEEN.exec(markdown)).toBeNull();
  expect(markdown).not.toContain('\t');
  expect(markdown.isWellFormed()).toBe(true);
});

test('whatever is said stays text in Markdown', () => {
  const sign = fc.constantFrom(...'<>|#`*_~[]()!-+=$&\\:/ \tw.1', 'www.', 'https://', '\u202e', 'é', '&lt;', '\ud83d');
  fc.assert(
    fc.property(fc.string({ unit: sign, maxLength: 24 }), (text) => {
      const { markdown } = at.report.report(filled(text));
      expect(shape(markdown)).toEqual(shape(at.report.report(benign).markdown));
      expect(marks(markdown)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('lines of a task stay lines, and what is indented stays so', () => {
  const input = madeInput((place) => (place.startsWith('task') ? 'one\r\n===\n\n    two\u2028\tthree\n---' : place));
  const { markdown } = at.report.report(input);
  expect(markdown).toContain(
    '> one  \n> \\===  \n>\n> \u00a0\u00a0\u00a0\u00a0two  \n> \u00a0\u00a0\u00a0\u00a0three  \n> \\---  \n',
  );
});

const PARSED = `
from html.parser import HTMLParser
VOID = {"meta"}
class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.tags, self.attributes, self.words, self.faults = [], [], [], [], []
    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [tag + " " + name for name, _ in attrs]
        if tag not in VOID: self.stack.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)
    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag: self.faults.append("end of " + tag)
    def handle_data(self, data): self.words.append(data)
    def handle_comment(self, data): self.faults.append("comment")
    def unknown_decl(self, data): self.faults.append("declaration")
    def handle_pi(self, data): self.faults.append("instruction")
out = []
for text in json.load(open(sys.argv[1])):
    page = Page()
    page.feed(text)
    page.close()
    out.append({"tags": page.tags, "attributes": sorted(set(page.attributes)), "words": page.words, "faults": page.faults + page.stack})
print(json.dumps(out))`;
interface Parsed {
  readonly tags: readonly string[];
  readonly attributes: readonly string[];
  readonly words: readonly string[];
  readonly faults: readonly string[];
}

test.skipIf(!HAS_PYTHON)('HTML is well-formed, the same whatever is said, and loads and runs nothing', () => {
  const file = path.join(at.dir, 'pages.json');
  const pages = [benign, ...HOSTILE.map(filled)].map((input) => at.report.report(input).html);
  writeFileSync(file, JSON.stringify(pages));
  const [plain, ...hostile] = python(PARSED, file) as readonly Parsed[];
  expect(plain!.tags.filter((tag) => tag === 'svg').length).toBeGreaterThan(3);
  for (const [n, page] of [plain!, ...hostile].entries()) {
    expect(page.faults, `page ${n}`).toEqual([]);
    expect(page.tags, `page ${n}`).toEqual(plain!.tags);
    for (const attribute of page.attributes)
      expect(attribute).toMatch(
        /^(?:html lang|meta (?:charset|name|content|http-equiv)|th (?:scope|class)|td class|svg (?:role|viewbox|width|height)|text (?:x|y|text-anchor|class)|rect (?:x|y|width|height|class))$/,
      );
  }
  // The text itself is there, as it was said.
  for (const [n, text] of HOSTILE.entries())
    if (!UNSEEN.test(text) && text.isWellFormed())
      expect(
        hostile[n]!.words.some((words) => words.includes(text)),
        text,
      ).toBe(true);
});

test('HTML has no control, no direction mark and no half character in it, and forbids all loading', () => {
  const { html } = at.report.report(filled(HOSTILE.join(' ')));
  expect(UNSEEN.exec(html)).toBeNull();
  expect(html.isWellFormed()).toBe(true);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/<(?:script|img|link|iframe|object|a)\b|url\(|@import/i);
  // Joined signs stay joined.
  expect(html).toContain('👩\u200d👩\u200d👧 می\u200cخواهم');
});
