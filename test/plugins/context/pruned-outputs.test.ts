import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import context from '../../../plugins/context/index.ts';
import { openPlugin } from '../open-plugin.ts';

let dir: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'outputs-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  fs.rmSync(dir, { recursive: true, force: true });
});

async function open(limits: object = {}) {
  const { plugin, close } = await openPlugin(context, { outputs: { dir, ...limits } }, { compressors: new Map() });
  closing.push(close);
  return plugin.context;
}
const files = (): string[] =>
  fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));

test('an output comes back byte for byte, also after a restart, whatever is in it', async () => {
  const first = await open();
  const strange = [
    '',
    '\uFEFFbegins with a mark',
    'half a pair: \uD83D, and the other half: \uDE00',
    'CRLF\r\nand\0NUL',
    '中文输出'.repeat(50_000),
  ];
  const kept = await Promise.all(strange.map(async (output) => ({ output, ...(await first.keep(output)) })));
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (output) => {
      const { id, bytes } = await first.keep(output);
      expect(bytes).toBe(Buffer.byteLength(output));
      if (output.isWellFormed()) expect(createHash('sha256').update(output).digest('hex').startsWith(id)).toBe(true);
      expect(await first.readPruned(id)).toBe(output);
    }),
    { numRuns: 100 },
  );
  const second = await open();
  for (const { output, id } of kept) expect(await second.readPruned(id)).toBe(output);
});

test('the same output is kept once, by any number of processes at once, and nothing half-written is left', async () => {
  const [one, other] = [await open(), await open()];
  const ids = await Promise.all([one, other, one, other].map((each) => each.keep('the same'.repeat(10_000))));
  expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
  expect(files()).toEqual([expect.stringMatching(/^[0-9a-f]{2}\/[0-9a-f]{16}\.txt$/)]);
  expect(fs.statSync(path.join(dir, files()[0]!)).mode & 0o077).toBe(0);
});

test('an id is never a path', async () => {
  const outputs = await open();
  const { id } = await outputs.keep('secret');
  fs.writeFileSync(path.join(dir, 'passwd.txt'), 'root');
  const bad = [
    '',
    '..',
    '../passwd',
    '../../etc/passwd',
    `${id.slice(0, 2)}/${id}`,
    `${id}/../x`,
    `${id.toUpperCase()}A`,
    `${id}\0`,
    'ffffffffffffffff',
    `${id.slice(0, 15)}`,
  ];
  for (const each of bad)
    await expect(outputs.readPruned(each), each).rejects.toMatchObject({ code: 'PRUNED_UNKNOWN', kind: 'not_found' });
});

test('a file that was damaged is not taken for the output', async () => {
  const outputs = await open();
  const { id } = await outputs.keep('the truth');
  const file = path.join(dir, files()[0]!);
  fs.writeFileSync(file, 'the untru');
  await expect(outputs.readPruned(id)).rejects.toMatchObject({ code: 'PRUNED_UNKNOWN' });
  expect((await outputs.keep('the truth')).id).toBe(id);
  expect(await outputs.readPruned(id)).toBe('the truth');
});

test('what is old goes at the start, what was used least when the folder is full, and nothing of others', async () => {
  const outputs = await open();
  const old = await outputs.keep('old');
  const young = await outputs.keep('young');
  const fileOf = (id: string): string => path.join(dir, id.slice(0, 2), `${id}.txt`);
  const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
  fs.utimesSync(fileOf(old.id), daysAgo(40), daysAgo(40));
  fs.writeFileSync(path.join(dir, 'notes.txt'), 'mine');
  fs.utimesSync(path.join(dir, 'notes.txt'), daysAgo(400), daysAgo(400));
  const again = await open({ maxMb: 1 });
  await expect.poll(() => fs.existsSync(fileOf(old.id))).toBe(false);
  expect(await again.readPruned(young.id)).toBe('young');
  expect(fs.existsSync(path.join(dir, 'notes.txt'))).toBe(true);

  const large = [];
  for (let n = 0; n < 5; n++) {
    large.push(await again.keep(`${n}`.repeat(300_000)));
    fs.utimesSync(fileOf(large[n]!.id), daysAgo(5 - n), daysAgo(5 - n));
  }
  // The fourth and the fifth were too many: the oldest went.
  expect(large.map(({ id }) => fs.existsSync(fileOf(id)))).toEqual([false, false, true, true, true]);
  // What is read is used.
  await again.readPruned(large[2]!.id);
  await again.keep('x'.repeat(300_000));
  expect(large.map(({ id }) => fs.existsSync(fileOf(id)))).toEqual([false, false, true, false, true]);
});
