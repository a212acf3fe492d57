import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { estimateTokens } from '#plugins/context/api';
import { openBench, skillText, until } from './open-skills.ts';

const bench = openBench();
const COUNT = 500;

/** As people write them: what it does, and when it is wanted. */
const NORMAL = [
  'Fills in PDF forms, extracts text and tables from PDF files, merges and splits them. Use when the user mentions PDF files, forms, or extracting content from documents, or wants to put several documents together.',
  'Creates, edits and analyses spreadsheets with formulas, formatting and charts. Use for .xlsx, .xlsm, .csv and .tsv files: making new ones, changing existing ones while keeping their formulas, or answering questions about the data in them.',
  'Writes release notes from merged pull requests: groups changes by what they mean for users, names breaking changes first, and links each entry. Use before a release, or when asked what changed between two versions.',
  'Reviews database migrations for locks, lost data and missing indexes. Use when a change touches files in migrations/, or when asked whether a schema change is safe to run on a table that is in use.',
  'Company style for presentations: colors, fonts, layouts of slides and tone of voice. Use whenever slides, a deck or a one-pager are made for customers or the board, also when only the text is asked for.',
  'Investigates failing builds: reads logs, finds the first error that matters, compares with the last green build and proposes the smallest fix. Use when CI is red, a build is flaky, or a test fails only on the server.',
  'Answers questions about the product from the handbook in references/, with the section that says so. Use for support requests and for anything about plans, limits, prices or how to set something up.',
  '根据发票和采购订单核对金额、税率和供应商信息，列出不一致的条目。当用户上传发票、询问付款是否正确，或需要月末对账时使用。',
];

test('500 skills are read in little time, and an edit among them is seen soon', async () => {
  for (let at = 0; at < COUNT; at++)
    bench.write('user', `skill-${at}`, {
      'SKILL.md': skillText(`skill-${at}`, NORMAL[at % NORMAL.length], 'A line of the body.\n'.repeat(200)),
      'references/guide.md': 'x'.repeat(2_000),
      'scripts/run.py': 'print(1)\n'.repeat(50),
    });
  await new Promise((done) => setTimeout(done, 150)); // so that no file is new, and waited for
  const started = performance.now();
  const { skills } = await bench.open();
  const opened = performance.now() - started;
  expect(skills.catalog).toHaveLength(COUNT);
  expect(skills.diagnostics.filter(({ level }) => level === 'error')).toEqual([]);
  const edits: number[] = [];
  for (let at = 0; at < 5; at++) {
    const file = bench.at('user', `skill-${at * 7}`, 'SKILL.md');
    writeFileSync(file, skillText(`skill-${at * 7}`, `Edit ${at}.`));
    edits.push(await until(() => skills.catalog.some(({ description }) => description === `Edit ${at}.`)));
  }
  const tokens = skills.catalog.map(({ name, description }) => estimateTokens(`- ${name}: ${description}\n`));
  const mean = tokens.reduce((sum, each) => sum + each, 0) / tokens.length;
  console.log(
    `${COUNT} skills of 3 files: read and watched in ${opened.toFixed(0)} ms; ` +
      `an edit seen after ${edits.map((ms) => ms.toFixed(0)).join(', ')} ms; ${mean.toFixed(1)} tokens a skill in the catalog`,
  );
  // Against hanging; the figures are those above.
  expect(opened).toBeLessThan(10_000);
  expect(mean).toBeLessThanOrEqual(100);
});

test('a skill that says too much takes no more of a prompt than the longest description', async () => {
  bench.write('user', 'long', skillText('long', 'word '.repeat(2_000)));
  const { skills } = await bench.open();
  expect([...skills.catalog[0]!.description].length).toBeLessThanOrEqual(1_024);
});
