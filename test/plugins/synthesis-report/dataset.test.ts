import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SeedTask } from '#plugins/synthesizer/api';
import { HAS_PYTHON, python } from '../trajectory-formats/python.ts';
import { HOSTILE } from './hostile-texts.ts';
import { emptyDataset, madeDataset, madeInput, madeSeed } from './made-dataset.ts';
import { openReport } from './open-report.ts';

const { at } = openReport({ testShare: 0.2, validationShare: 0.2 });
const SPLITS = ['train', 'validation', 'test'];

const input = (seeds: readonly SeedTask[]) => ({
  ...madeInput(),
  dataset: { ...madeDataset(), seeds, clusters: [], dropped: [] },
});
const many = (count: number) => Array.from({ length: count }, (_, n) => madeSeed(n));
const lines = (folder: string, split: string): readonly SeedTask[] =>
  readFileSync(path.join(folder, 'data', `${split}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SeedTask);
const card = (folder: string): string => readFileSync(path.join(folder, 'README.md'), 'utf8');
const frontOf = (text: string): Record<string, unknown> => parse(/^---\n([\s\S]*?)\n---\n/.exec(text)![1]!);
const folder = (name: string): string => path.join(at.dir, name);

test('every seed stands in one split, the sizes add up, and the card tells them', async () => {
  const to = folder('deep/set');
  const seeds = many(60);
  const files = await at.report.dataset(input(seeds), to);
  expect(files.map((file) => path.relative(to, file)).sort()).toEqual([
    'README.md',
    'data/test.jsonl',
    'data/test.parquet',
    'data/train.jsonl',
    'data/train.parquet',
    'data/validation.jsonl',
    'data/validation.parquet',
  ]);
  expect(files.every((file) => existsSync(file))).toBe(true);
  const all = SPLITS.flatMap((split) => lines(to, split));
  expect(all.map(({ task_id }) => task_id).sort()).toEqual(seeds.map(({ task_id }) => task_id));
  for (const split of SPLITS) expect(card(to)).toContain(`\n| ${split} | ${lines(to, split).length} |\n`);
  expect(readdirSync(path.dirname(to))).toEqual(['set']);
});

/** A row of Parquet as the line that it is. */
function seedOf(row: Record<string, unknown>): unknown {
  const texts = ['expected_tools', 'constraints', 'success_criteria', 'difficulty', 'verification', 'lineage'];
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, texts.includes(name) ? JSON.parse(String(value)) : value]),
  );
}

test('JSONL and Parquet hold the same, whatever the seeds say', async () => {
  const to = folder('same');
  const odd = HOSTILE.map((text, n) =>
    madeSeed(100 + n, {
      description: text,
      expected_tools: [text],
      difficulty: n % 2 === 0 ? { trials: 1, judged: 0, successes: 0, note: text } : { ...madeSeed(0).difficulty },
      verification: [{ check: 'live', verdict: 'passed', figures: { pass_at_1: 0.5 } }],
    }),
  );
  await at.report.dataset(input([...many(30), ...odd]), to);
  for (const split of SPLITS) {
    const file = await asyncBufferFromFile(path.join(to, 'data', `${split}.parquet`));
    const rows = await parquetReadObjects({ file });
    expect(rows.map(seedOf)).toEqual(lines(to, split));
    expect(rows.every((row) => Object.values(row).every((value) => value !== null && value !== undefined))).toBe(true);
  }
  const said = SPLITS.flatMap((split) => lines(to, split)).map(({ description }) => description);
  for (const text of HOSTILE) expect(said).toContain(text.toWellFormed().replace('\ufeff', ''));
});

test.skipIf(!HAS_PYTHON)('another reader of JSON finds the same', async () => {
  const to = folder('python');
  await at.report.dataset(
    input([...many(20), ...HOSTILE.map((text, n) => madeSeed(100 + n, { description: text }))]),
    to,
  );
  for (const split of SPLITS) {
    const read = python(
      'print(json.dumps([json.loads(line) for line in open(sys.argv[1], encoding="utf-8", newline="\\n")]))',
      path.join(to, 'data', `${split}.jsonl`),
    );
    expect(read).toEqual(lines(to, split));
  }
});

test('the front matter is YAML, names the files that are there, and makes up no licence', async () => {
  const to = folder('front');
  await at.report.dataset(input(many(40)), to);
  const front = frontOf(card(to));
  expect(front).toMatchObject({ size_categories: ['n<1K'], tags: expect.arrayContaining(['agents']) });
  expect(front).not.toHaveProperty('license');
  const [{ data_files: files }] = front.configs as [{ data_files: { split: string; path: string }[] }];
  expect(files.map(({ split }) => split)).toEqual(SPLITS);
  for (const file of files) expect(existsSync(path.join(to, file.path))).toBe(true);
  const licensed = async (...found: (string | undefined)[]) => {
    const sources = found.map((license, n) => ({ file: `f/${n}`, format: 'x', runs: 2, ...(license && { license }) }));
    await at.report.dataset({ ...madeInput(), dataset: { ...madeDataset(), sources } }, folder('licence'));
    return { front: frontOf(card(folder('licence'))).license, text: card(folder('licence')) };
  };
  expect((await licensed('MIT', 'MIT')).front).toBe('mit');
  expect((await licensed('MIT', 'Apache-2.0')).front).toEqual(['apache-2.0', 'mit']);
  expect((await licensed('MIT', 'Apache-2.0')).text).toContain('different licences');
  expect((await licensed('MIT', undefined)).front).toBeUndefined();
  const own = await licensed('Licence of "Nobody": all <b>rights</b>\nreserved');
  expect(own.front).toBeUndefined();
  expect(own.text).toContain('Licence of "Nobody": all &lt;b>rights&lt;/b> reserved');
});

test('the card adds up: what came in, what was left out and why, and what it cost', async () => {
  const to = folder('card');
  await at.report.dataset(madeInput(), to);
  for (const said of [
    '| records become trajectories | 40 | 30 | 6 repeat another, 3 in quarantine, 1 erased |',
    '| checks and filters | 15 | 11 | 2 near-duplicate, 1 check:arguments, 1 contaminated |',
    '- **Records that repeat another**: 6',
    '- **Near-duplicate seeds, left out**: 2',
    '- **Seeds that hold a task of the list of evaluation tasks, left out**: 1',
    '| seed_0012 | why |',
    '1 trajectory was erased.',
    '| other/runs.jsonl | atif | 10 | none found |',
    '- **US dollars**: 0.5000',
    'Configuration 0123456789abcdef0123456789abcdef.',
  ])
    expect(card(to)).toContain(said);
});

test('no seed at all: a card, and no file of data', async () => {
  const to = folder('empty');
  const files = await at.report.dataset({ dataset: emptyDataset, tools: [], sequences: [] }, to);
  expect(files).toEqual([path.join(to, 'README.md')]);
  expect(frontOf(card(to))).not.toHaveProperty('configs');
  expect(readdirSync(path.join(to, 'data'))).toEqual([]);
});

test('a dataset is replaced as a whole, the same one by the same bytes', async () => {
  const to = folder('again');
  await at.report.dataset(input(many(50)), to);
  const before = ['README.md', 'data/train.jsonl', 'data/train.parquet'].map((name) =>
    readFileSync(path.join(to, name)),
  );
  await at.report.dataset(input(many(50)), to);
  expect(
    ['README.md', 'data/train.jsonl', 'data/train.parquet'].map((name) => readFileSync(path.join(to, name))),
  ).toEqual(before);
  await at.report.dataset(input(many(1)), to);
  expect(readdirSync(path.join(to, 'data'))).toHaveLength(2);
});

test('what is not its own is refused, and stays', async () => {
  const refused = { code: 'FOLDER_TAKEN', kind: 'conflict' };
  const foreign = folder('foreign');
  mkdirSync(foreign);
  writeFileSync(path.join(foreign, 'thesis.txt'), 'years of work');
  await expect(at.report.dataset(input(many(3)), foreign)).rejects.toMatchObject(refused);
  expect(readFileSync(path.join(foreign, 'thesis.txt'), 'utf8')).toBe('years of work');

  const readme = folder('readme');
  mkdirSync(readme);
  writeFileSync(path.join(readme, 'README.md'), '# Mine\n');
  await expect(at.report.dataset(input(many(3)), readme)).rejects.toMatchObject(refused);

  // Its own, with something put beside it.
  const cloned = folder('cloned');
  await at.report.dataset(input(many(9)), cloned);
  mkdirSync(path.join(cloned, '.git'));
  writeFileSync(path.join(cloned, '.git', 'HEAD'), 'ref');
  const before = card(cloned);
  await expect(at.report.dataset(input(many(3)), cloned)).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('.git'),
  });
  expect(card(cloned)).toBe(before);

  const file = folder('file');
  writeFileSync(file, 'a file');
  await expect(at.report.dataset(input(many(3)), file)).rejects.toMatchObject(refused);
  symlinkSync(cloned, folder('link'));
  await expect(at.report.dataset(input(many(3)), folder('link'))).rejects.toMatchObject(refused);
});

test('what cannot be written leaves all as it was', async () => {
  const to = folder('kept');
  await at.report.dataset(input(many(9)), to);
  const before = card(to);
  // A seed that no writer can take: it fails after some files were written.
  const broken = { ...madeSeed(3), lineage: { ...madeSeed(3).lineage, calls: [1n] as unknown as string[] } };
  await expect(at.report.dataset(input([...many(3), broken]), to)).rejects.toMatchObject({
    code: 'DATASET_NOT_WRITTEN',
    kind: 'unavailable',
  });
  await expect(at.report.dataset(input(many(3)), path.join(to, 'README.md', 'x'))).rejects.toMatchObject({
    code: 'DATASET_NOT_WRITTEN',
  });
  expect(card(to)).toBe(before);
  expect(readdirSync(at.dir).filter((name) => /\.(?:part|old)-/.test(name))).toEqual([]);
});

test('what a killed process left goes, and what it had put aside is the dataset again until it is replaced', async () => {
  const to = folder('killed');
  await at.report.dataset(input(many(20)), to);
  const dead = spawnSync('true').pid;
  renameSync(to, `${to}.old-${dead}`);
  mkdirSync(`${to}.part-${dead}`);
  mkdirSync(`${to}.part-${process.ppid}`);
  // Another name, of a folder that somebody else may have made.
  mkdirSync(`${to}-2.part-${dead}`);
  writeFileSync(path.join(`${to}.old-${dead}`, 'mine.txt'), 'x');
  await expect(at.report.dataset(input(many(10)), to)).rejects.toMatchObject({ code: 'FOLDER_TAKEN' });
  expect(existsSync(path.join(to, 'mine.txt'))).toBe(true);
  const left = readdirSync(at.dir).filter((name) => name.startsWith('killed'));
  expect(left.sort()).toEqual(['killed', `killed-2.part-${dead}`, `killed.part-${process.ppid}`].sort());
});
