import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileOf, openFormats, readAll, record, scratch } from './reading.ts';

const formats = await openFormats();
const line = (n: number, more?: object): string => `${JSON.stringify(record(n, more))}\n`;
const lines = (count: number): string[] => Array.from({ length: count }, (_, n) => line(n));

test('of ten thousand lines, three broken and one torn, 9,996 are read; the torn one comes when it is complete', async () => {
  const all = lines(10_000);
  const good = all.at(-1)!;
  all[10] = `${all[10]!.slice(0, 200)}\n`;
  all[5_000] = 'no JSON at all\n';
  all[7_777] = all[7_777]!.replace('"reward":', '"reward"');
  const broken = [10, 5_000, 7_777];
  all[9_999] = good.slice(0, 150);
  const file = fileOf(all.join(''));

  const { runs, bad, refused, end } = await readAll(formats, file);
  expect([runs.length, bad.length, refused, end.waiting]).toEqual([9_996, 3, [], 150]);
  const offsets = broken.map((n) => Buffer.byteLength(all.slice(0, n).join('')));
  expect(bad.map(({ place, code }) => ({ ...place, code }))).toEqual(
    broken.map((n, at) => ({
      file,
      offset: offsets[at],
      index: n,
      bytes: Buffer.byteLength(all[n]!) - 1,
      code: 'RECORD_NOT_JSON',
    })),
  );
  for (const { reason } of bad) expect(reason).toMatch(/^(?:Unexpected|Unterminated|Expected)/);

  writeFileSync(file, good.slice(150), { flag: 'a' });
  const next = await readAll(formats, file, { from: end.position });
  expect(next.runs.map(({ key }) => key)).toEqual(['airline/9999/0']);
  expect([next.bad.length, next.end.waiting]).toEqual([0, 0]);
  expect(next.events[0]).toMatchObject({ place: { index: 9_999 } });
});

test('what is wrong with a record is told without what is in it', async () => {
  const secret = 'sk-live-0123456789';
  const { bad } = await readAll(formats, fileOf(`${line(0)}{"key": ${secret}}\n{"key": "${secret}\n"${secret}"x\n`));
  expect(bad).toHaveLength(3);
  expect(JSON.stringify(bad)).not.toMatch(/live|0123/);
});

const LIST: readonly (readonly [string, number | undefined])[] = [
  ['compact', undefined],
  ['with indent 2', 2],
  ['with indent 4', 4],
];
describe.each(LIST)('a broken element of a list, %s, costs one record', (_, indent) => {
  const elements = Array.from({ length: 40 }, (_, n) => JSON.stringify(record(n), null, indent));
  const list = (): string => `[${elements.join(',')}]`;
  test.each([
    ['lacks a bracket', (text: string) => text.replace(/\]\s*,\s*"trial"/, ',"trial"')],
    ['has a bracket too many', (text: string) => text.replace('"trial"', '],"trial"')],
    ['lacks a quote', (text: string) => text.replace('"role":', '"role:')],
    ['is cut off', (text: string) => text.slice(0, text.length / 2)],
    ['has a word that is none', (text: string) => text.replace('null', 'None')],
  ])('%s', async (_, damage) => {
    const whole = list();
    for (const n of [0, 17, 39]) {
      const text = whole.replace(elements[n]!, () => damage(elements[n]!));
      expect(text).not.toBe(whole);
      const { runs, bad, end } = await readAll(formats, fileOf(text));
      const without = Array.from({ length: 40 }, (_, key) => `airline/${key}/0`).filter((_, key) => key !== n);
      expect(runs.map(({ key }) => key)).toEqual(without);
      // The last one may just as well be in the middle of being written.
      if (n === 39 && end.waiting > 0) expect(bad).toEqual([]);
      else expect(bad.map(({ code }) => code)).toEqual(['RECORD_NOT_JSON']);
    }
  });
});

test('several records on one line, and a broken one behind them', async () => {
  const one = line(0).trim() + line(1).trim();
  const { runs, bad } = await readAll(formats, fileOf(`${line(2)}${one}{"torn": \n${line(3)}`));
  expect(runs.map(({ key }) => key)).toEqual(['airline/2/0', 'airline/0/0', 'airline/1/0', 'airline/3/0']);
  expect(bad).toHaveLength(1);
});

test('byte order mark, CRLF, empty lines and space around lines change nothing', async () => {
  const plain = await readAll(formats, fileOf(lines(3).join('')));
  const text = `\ufeff\r\n  ${lines(3).join('\r\n\n ')}\r\n\r\n`;
  const { runs, bad, events } = await readAll(formats, fileOf(text));
  expect(bad).toEqual([]);
  expect(runs).toEqual(plain.runs);
  const hashes = (all: typeof events) => all.map((event) => 'bytesHash' in event && event.bytesHash);
  expect(hashes(events)).toEqual(hashes(plain.events));
});

test('a byte order mark before a list, and lines that each begin with one', async () => {
  const list = `\ufeff[${lines(2).join(',')}]`;
  expect((await readAll(formats, fileOf(list))).runs).toHaveLength(2);
  expect((await readAll(formats, fileOf(`\ufeff${line(0)}\ufeff${line(1)}`))).runs).toHaveLength(2);
});

test('lone surrogates, control characters and names of prototypes are texts like others', async () => {
  const odd = String.raw`{"task_id":1,"task_id":2,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},
    "reward":1,"traj":[{"role":"user","content":"\ud800 \u0000 \ufffe"},{"role":"assistant","content":"","tool_calls":
    [{"id":"__proto__","function":{"name":"__proto__","arguments":"{\"__proto__\":{\"polluted\":1}}"}}]},
    {"role":"tool","tool_call_id":"__proto__","content":"x"}]}`.replace(/\n\s+/g, '');
  const other = odd.replace(String.raw`\ud800`, String.raw`\udbff`);
  const { runs, bad } = await readAll(formats, fileOf(`${odd}\n${other}\n`));
  expect(bad).toEqual([]);
  expect(runs[0]!.messages[0]!.text).toBe('\ud800 \u0000 \ufffe');
  expect(runs[0]!.task).toBe('tau/2');
  expect(runs[0]!.id).not.toBe(runs[1]!.id);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  const { args, tool } = runs[0]!.messages[1]!.calls![0]!;
  expect([tool.name, Object.keys(args)]).toEqual(['__proto__', ['__proto__']]);
});

test('bytes that are no UTF-8, and zeros of a disk that lost power, cost their record', async () => {
  const bytes = Buffer.from(line(1));
  bytes[bytes.indexOf('Request')] = 0xff;
  const file = fileOf(Buffer.concat([Buffer.from(line(0)), bytes, Buffer.alloc(5_000), Buffer.from(`\n${line(2)}`)]));
  const { runs, bad } = await readAll(formats, file);
  expect(runs.map(({ key }) => key)).toEqual(['airline/0/0', 'airline/2/0']);
  expect(bad.map(({ reason }) => reason)).toEqual([
    'it has bytes that are not UTF-8',
    expect.stringContaining('Unexpected'),
  ]);
});

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
test.each([
  ['lines', (text: string) => `${line(0)}${text}\n${line(1)}`],
  ['a list', (text: string) => `[${line(0)},${text},\n${line(1)}]`],
])('100,000 levels in %s cost one record', async (_, pack) => {
  for (const deep of [
    nested(100_000),
    '{"a":'.repeat(100_000) + '1'.padEnd(100_001, '}'),
    `{"traj":${nested(257)},"reward":1}`,
  ]) {
    const { runs, bad } = await readAll(formats, fileOf(pack(deep)));
    expect(runs).toHaveLength(2);
    expect(bad.map(({ code }) => code)).toEqual(['RECORD_TOO_DEEP']);
  }
});

test('arguments that are nested in their string are bounded, too', async () => {
  const deep = JSON.stringify(record(1)).replace(String.raw`{\"n\":1}`, () => `{\\"n\\":${nested(50_000)}}`);
  const { runs, bad } = await readAll(formats, fileOf(`${line(0)}${deep}\n`));
  expect([runs.length, bad.map(({ code }) => code)]).toEqual([1, ['RECORD_TOO_DEEP']]);
});

test('a record of 50 MB is read, in a line, a list, and packed', async () => {
  const big = { ...record(1), padding: '"{[\\ü'.repeat(5_000_000) };
  const text = JSON.stringify(big);
  expect(Buffer.byteLength(text)).toBeGreaterThan(40_000_000);
  const contents = [`${line(0)}${text}\n${line(2)}`, `[${line(0)},${text},${line(2)}]`];
  for (const content of [...contents, gzipSync(contents[1]!, { level: 1 })]) {
    const { runs, bad } = await readAll(formats, fileOf(content));
    expect([runs.map(({ key }) => key), bad]).toEqual([['airline/0/0', 'airline/1/0', 'airline/2/0'], []]);
  }
});

test.each([
  ['a line', (text: string) => `${line(0)}${text}\n${line(2)}`],
  ['an element', (text: string) => `[${line(0)},${text},${line(2)}]`],
])('%s beyond maxRecordBytes costs one record, and its hash is that of its bytes', async (_, pack) => {
  const small = await openFormats({ maxRecordBytes: 2_048 });
  for (const length of [2_048, 3_000_000]) {
    const text = JSON.stringify(record(1, { padding: 'x'.repeat(length) }));
    const file = fileOf(pack(text));
    const { runs, bad, events } = await readAll(small, file);
    expect([runs.length, bad.map(({ code, place }) => [code, place.bytes])]).toEqual([
      2,
      [['RECORD_TOO_LARGE', Buffer.byteLength(text)]],
    ]);
    const { events: all } = await readAll(formats, file);
    const hash = (list: typeof all): unknown =>
      list.flatMap((event) => ('bytesHash' in event ? [event.bytesHash] : []));
    expect(hash(events)).toEqual(hash(all));
  }
});

test.each([
  ['empty', '', 'it is empty'],
  ['blank', ' \n\r\n', 'it holds nothing but space'],
  ['list.json', '[]', 'it holds an empty list'],
  ['table.csv', 'id,name,n\n1,"a, b",2\n2,c,3\n', 'it is CSV'],
  ['table.tsv', 'id\tname\n1\ta\n', 'it is TSV'],
  ['README.md', '# Title\n\nText with {braces}.\n```json\n{"a": 1}\n```\n', 'it is Markdown'],
  ['link.md', '[a link](there)\n\n# Title\n', 'it is Markdown'],
  ['config.yaml', 'plugins:\n  a: 1\nother: 2\n', 'it is YAML'],
  ['page.html', '<!doctype html><html></html>', 'it is HTML'],
  ['run.py', '#!/usr/bin/env python\nprint({})\n', 'it is a script'],
  ['LICENSE', 'MIT License\n\nPermission is granted\n', 'it is plain text that begins with "MIT License"'],
  ['package.json', '{\n  "name": "x",\n  "version": "1"\n}\n', 'JSON objects with members name, version'],
  ['other.jsonl', '{"a": 1, "b": 2}\n{"a": 2, "b": 3}\n{"a": \n', 'JSON objects with members a, b'],
  ['numbers.json', '[1, 2, 3]', 'JSON of single values (numbers)'],
  ['pairs.json', '[[1, 2], [3, 4]]', 'JSON lists of numbers'],
])('%s is refused by what it looks like', async (name, content, why) => {
  const { events, refused, runs, bad } = await readAll(formats, fileOf(content, name));
  expect([runs, bad, refused]).toEqual([[], [], [expect.stringContaining(why)]]);
  expect(events.map(({ type }) => type)).toEqual(['refused', 'end']);
});

test.each([
  ['zip', Buffer.from('PK\x03\x04\0\0\0\0'), 'a zip archive'],
  ['parquet', Buffer.from('PAR1\x15\0\0\0'), 'parquet'],
  ['zeros', Buffer.alloc(100), 'it is binary'],
  ['noise', Buffer.from(Array.from({ length: 3_000 }, (_, n) => (n * 7919) % 251)), 'it is binary'],
  ['UTF-16', Buffer.from(`\ufeff${line(0)}`, 'utf16le'), 'UTF-16'],
  ['UTF-16 without a mark', Buffer.from(line(0), 'utf16le'), 'UTF-16'],
  ['packed noise', gzipSync(Buffer.from('id,name\n1,a\n')), 'it is CSV'],
])('%s is refused by name', async (_, content, why) => {
  const { refused, runs } = await readAll(formats, fileOf(content));
  expect([runs, refused]).toEqual([[], [expect.stringContaining(why)]]);
});

test('beside records that are recognised, others count as bad, also where thousands of them come first', async () => {
  const other = '{"some": "thing"}\n';
  const some = await readAll(formats, fileOf(`${other}${line(0)}${other}`));
  expect([some.refused, some.bad.map(({ code, place }) => [code, place.index])]).toEqual([
    [],
    [
      ['FORMAT_UNKNOWN', 0],
      ['FORMAT_UNKNOWN', 2],
    ],
  ]);
  const many = await readAll(formats, fileOf(`${other.repeat(5_000)}${line(0)}`));
  expect([many.refused, many.bad.length, many.runs.length]).toEqual([[], 5_000, 1]);
  expect(many.bad.map(({ place }) => place.index)).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
});

test('a record of a known format with wrong content is bad, by its reason', async () => {
  const wrong = JSON.stringify({ ...record(0), traj: [{ role: 'user', content: 'a' }, {}, {}, {}] });
  const chat =
    '{"messages":[{"role":"user","content":"a"},{"role":"user","content":"a"},{"role":"user","content":"a"},{"role":7}]}';
  const { bad, refused } = await readAll(formats, fileOf(`${wrong}\n${chat}\n`));
  expect(refused).toEqual([]);
  expect(bad.map(({ code, reason }) => [code, reason])).toEqual([
    ['FORMAT_UNKNOWN', expect.any(String)],
    ['RECORD_INVALID', expect.stringContaining('message 3')],
  ]);
});

test('files: recursive, by name, without what is hidden and links to folders; and what cannot be read', async () => {
  const folder = scratch();
  const put = (name: string) => writeFileSync(join(folder, name), '');
  for (const name of ['b', 'b/c', '.git', 'a']) mkdirSync(join(folder, name));
  for (const name of ['z.json', 'b/2', 'b/10', 'b/c/x', '.hidden', '.git/config', 'a/y']) put(name);
  symlinkSync(join(folder, 'b'), join(folder, 'link'));
  symlinkSync(join(folder, 'z.json'), join(folder, 'm.json'));
  const found: string[] = [];
  for await (const file of formats.files(folder)) found.push(file.slice(folder.length + 1));
  expect(found).toEqual(['a/y', 'b/10', 'b/2', 'b/c/x', 'm.json', 'z.json']);

  const gone = join(folder, 'gone');
  await expect(async () => {
    for await (const _ of formats.files(gone));
  }).rejects.toMatchObject({ code: 'PATH_UNREADABLE', kind: 'not_found' });
  await expect(readAll(formats, gone)).rejects.toMatchObject({ code: 'PATH_UNREADABLE', kind: 'not_found' });
  await expect(readAll(formats, folder)).rejects.toMatchObject({ code: 'PATH_UNREADABLE', kind: 'invalid' });
});

test('a file that vanishes while it is read is unreadable', async () => {
  const file = fileOf(line(0).repeat(5_000));
  await expect(async () => {
    for await (const _ of formats.read(file)) rmSync(file, { force: true });
  }).rejects.toMatchObject({ code: 'PATH_UNREADABLE', kind: 'not_found' });
});

test('a file that is cut short while it is read is not taken for whole', async () => {
  const file = fileOf(line(0).repeat(20_000));
  const reading = formats.read(file)[Symbol.asyncIterator]();
  await reading.next();
  writeFileSync(file, '');
  await expect(async () => {
    for (;;) if ((await reading.next()).done) return;
  }).rejects.toMatchObject({ code: 'PATH_UNREADABLE' });
});

test('whoever stops early, or gives up, leaves no open file', async () => {
  const file = fileOf(line(0).repeat(20_000));
  const open = (): number => openFiles(file);
  for await (const _ of formats.read(file)) break;
  const controller = new AbortController();
  await expect(async () => {
    for await (const _ of formats.read(file, { signal: controller.signal })) controller.abort();
  }).rejects.toThrow();
  rmSync(file);
  expect(open()).toBe(0);
});

function openFiles(file: string): number {
  if (!existsSync('/proc/self/fd')) return 0;
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(file);
    } catch {
      return false;
    }
  }).length;
}

test('no bytes at all make it throw anything but a fault', async () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\\',
    '\n',
    ' ',
    'null',
    '1',
    '\0',
    line(0).trim(),
    '"traj":',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.array(pieces, { maxLength: 60 }).map((list) => Buffer.from(list.join(''))),
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.concat([gzipSync(line(0)), Buffer.from(array)])),
  );
  const file = fileOf('');
  await fc.assert(
    fc.asyncProperty(bytes, async (content) => {
      writeFileSync(file, content);
      const { events, end } = await readAll(formats, file).catch((error: { code?: string }) => {
        if (error.code !== 'PATH_UNREADABLE') throw error;
        return { events: [], end: { waiting: 0 } };
      });
      expect(end.waiting).toBeLessThanOrEqual(readFileSync(file).length + 10_000);
      if (events.some(({ type }) => type === 'refused')) expect(events).toHaveLength(2);
    }),
    { numRuns: 150 },
  );
});
