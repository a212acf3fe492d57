import { appendFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FilePosition } from '#plugins/trajectory-formats/api';
import { fileOf, openFormats, readAll, record } from './reading.ts';

const formats = await openFormats();
const text = (n: number): string => JSON.stringify(record(n));
const keys = ({ runs }: { runs: readonly { key: string }[] }): string[] => runs.map(({ key }) => key);
const key = (n: number): string => `airline/${n}/0`;

/** What a position is kept as. */
const stored = (position: FilePosition): FilePosition => JSON.parse(JSON.stringify(position)) as FilePosition;

const CONTAINERS: readonly (readonly [string, (records: readonly object[]) => string])[] = [
  ['lines', (records) => records.map((each) => `${JSON.stringify(each)}\n`).join('')],
  ['lines without the last line end', (records) => records.map((each) => JSON.stringify(each)).join('\r\n')],
  ['a compact list', (records) => JSON.stringify(records)],
  ['a list with indent 3', (records) => JSON.stringify(records, null, 3)],
  ['a list without indentation', (records) => `[\n${records.map((each) => JSON.stringify(each)).join('\n,\n')}\n]\n`],
  ['objects with indent 2', (records) => records.map((each) => JSON.stringify(each, null, 2)).join('\n')],
  [
    'a list a line',
    (records) => [records.slice(0, 1), records.slice(1)].map((part) => `${JSON.stringify(part)}\n`).join(''),
  ],
  ['objects on one line', (records) => records.map((each) => JSON.stringify(each)).join('')],
];

describe.each(CONTAINERS)('%s', (_, pack) => {
  const records = [1, 2, 3, 4].map((n) => record(n, { note: '\\"}{][\\\\ü東\u{1f600}' }));
  const bytes = Buffer.from(pack(records));

  test('cut anywhere and read as it grows: every record once, in order, none bad', async () => {
    const file = fileOf('', 'runs');
    const cuts = fc.uniqueArray(fc.nat(bytes.length), { maxLength: 6 }).map((list) => list.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        writeFileSync(file, '');
        let position: FilePosition | undefined;
        const seen: string[] = [];
        let from = 0;
        for (const end of [...at, bytes.length]) {
          appendFileSync(file, bytes.subarray(from, end));
          from = end;
          const read = await readAll(formats, file, position === undefined ? {} : { from: position });
          expect(read.bad).toEqual([]);
          seen.push(...keys(read));
          position = stored(read.end.position);
        }
        expect(seen).toEqual([1, 2, 3, 4].map(key));
      }),
      { numRuns: 25 },
    );
  });

  test('in packets of any size from a packed file: the same events', async () => {
    const file = fileOf(bytes, 'runs');
    const { events } = await readAll(formats, file);
    const told = events.slice(0, -1);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const members = at.slice(1).map((end, n) => gzipSync(bytes.subarray(at[n], end)));
        writeFileSync(file, Buffer.concat(members));
        expect((await readAll(formats, file)).events.slice(0, -1)).toEqual(told);
      }),
      { numRuns: 15 },
    );
  });
});

test('records that reach over what is read at once are whole', async () => {
  const long = Array.from({ length: 12 }, (_, n) => record(n, { padding: `${n}\\"{é`.repeat(40_000 + n * 1_001) }));
  for (const [, pack] of CONTAINERS) {
    const read = await readAll(formats, fileOf(pack(long)));
    expect(read.bad).toEqual([]);
    expect(keys(read)).toEqual(long.map((_, n) => key(n)));
  }
});

test('nothing new: nothing but the end; and what is known need not be parsed', async () => {
  const file = fileOf(`${text(1)}\n${text(2)}\n{"torn"`);
  const first = await readAll(formats, file);
  const again = await readAll(formats, file, { from: stored(first.end.position) });
  expect(again.events).toEqual([first.end]);

  const hashes = new Set(first.events.flatMap((event) => (event.type === 'run' ? [event.bytesHash] : [])));
  appendFileSync(file, ': 1}\n');
  const known = await readAll(formats, file, { known: (hash) => hashes.has(hash) });
  expect(known.events.map(({ type }) => type)).toEqual(['known', 'known', 'bad', 'end']);
});

test('the last line counts without its end, and its growth is neither lost nor doubled', async () => {
  const file = fileOf(`${text(1)}\n${text(2)}`);
  const first = await readAll(formats, file);
  expect([keys(first), first.end.waiting]).toEqual([[key(1), key(2)], 0]);
  appendFileSync(file, `\n${text(3)}`);
  const second = await readAll(formats, file, { from: first.end.position });
  expect(keys(second)).toEqual([key(3)]);
  appendFileSync(file, text(4));
  const third = await readAll(formats, file, { from: second.end.position });
  expect(keys(third)).toEqual([key(4)]);
  // A number may go on, so it waits.
  appendFileSync(file, '\n12');
  const fourth = await readAll(formats, file, { from: third.end.position });
  expect([fourth.events.length, fourth.end.waiting]).toEqual([1, 2]);
});

const replacements: readonly (readonly [string, (file: string) => void, readonly number[]])[] = [
  ['another file renamed over it', (file) => rename(file, [7, 8, 9]), [7, 8, 9]],
  ['a copy that goes on renamed over it', (file) => rename(file, [1, 2, 3]), [1, 2, 3]],
  ['truncated and rewritten, shorter', (file) => writeFileSync(file, `${text(7)}\n`), [7]],
  ['truncated and rewritten, longer', (file) => writeFileSync(file, `${text(7)}\n${text(8)}\n${text(9)}\n`), [7, 8, 9]],
  ['rewritten with as many bytes', (file) => writeFileSync(file, `${text(7)}\n${text(8)}\n`), [7, 8]],
  [
    'one record changed in place, and more behind',
    (file) => writeFileSync(file, `${text(7)}\n${text(2)}\n${text(3)}\n`),
    [7, 2, 3],
  ],
];
function rename(file: string, records: readonly number[]): void {
  writeFileSync(`${file}.new`, records.map((n) => `${text(n)}\n`).join(''));
  renameSync(`${file}.new`, file);
}
test.each(replacements)('%s: read from the start', async (_, replace, expected) => {
  const file = fileOf(`${text(1)}\n${text(2)}\n`);
  const { end } = await readAll(formats, file);
  replace(file);
  // Also where the clock stood still.
  utimesSync(file, new Date(), new Date(Number(end.position.mtimeMs) + 5));
  expect(keys(await readAll(formats, file, { from: end.position }))).toEqual(expected.map(key));
});

test('cut back to the position: nothing of it is told again', async () => {
  const file = fileOf(`${text(1)}\n${text(2)}\n{"torn`);
  const { end } = await readAll(formats, file);
  truncateSync(file, end.position.offset);
  appendFileSync(file, `${text(3)}\n`);
  expect(keys(await readAll(formats, file, { from: end.position }))).toEqual([key(3)]);
});

test('a list that is written anew with more in it goes on behind what was read', async () => {
  const list = (count: number): string =>
    JSON.stringify(
      Array.from({ length: count }, (_, n) => record(n)),
      null,
      2,
    );
  const file = fileOf(list(2));
  const first = await readAll(formats, file);
  writeFileSync(file, list(5).slice(0, -100));
  const second = await readAll(formats, file, { from: first.end.position });
  expect([keys(second), second.bad]).toEqual([[2, 3].map(key), []]);
  expect(second.end.waiting).toBeGreaterThan(0);
  writeFileSync(file, list(5));
  const third = await readAll(formats, file, { from: second.end.position });
  expect([keys(third), third.end.waiting]).toEqual([[key(4)], 0]);
  expect(third.events[0]).toMatchObject({ place: { index: 4 } });
});

test('a packed file goes on with a member that was appended, and one that is cut off waits', async () => {
  const pack = (n: number): Buffer => gzipSync(`${text(n)}\n`);
  const file = fileOf(Buffer.concat([pack(1), pack(2)]), 'runs.jsonl.gz');
  const first = await readAll(formats, file);
  expect(keys(first)).toEqual([1, 2].map(key));
  const third = pack(3);
  appendFileSync(file, third.subarray(0, third.length - 60));
  const second = await readAll(formats, file, { from: first.end.position });
  expect([keys(second), second.bad]).toEqual([[], []]);
  appendFileSync(file, third.subarray(third.length - 60));
  expect(keys(await readAll(formats, file, { from: second.end.position }))).toEqual([key(3)]);

  const broken = Buffer.concat([pack(1), pack(2)]);
  broken.fill(0x55, pack(1).length + 30, pack(1).length + 60);
  await expect(readAll(formats, fileOf(broken))).rejects.toMatchObject({ code: 'PATH_UNREADABLE' });
});

test('a file that was refused is looked at again when it has changed', async () => {
  const file = fileOf('');
  const empty = await readAll(formats, file);
  expect(empty.refused).toEqual(['it is empty']);
  expect((await readAll(formats, file, { from: empty.end.position })).events).toHaveLength(1);
  writeFileSync(file, '[]');
  const list = await readAll(formats, file, { from: empty.end.position });
  expect(list.refused).toEqual(['it holds an empty list']);
  writeFileSync(file, `[${text(1)}]`);
  expect(keys(await readAll(formats, file, { from: list.end.position }))).toEqual([key(1)]);
});

test('a file of more than 4 MiB goes on where it grew', async () => {
  const many = Array.from({ length: 60 }, (_, n) => `${JSON.stringify(record(n, { padding: 'x'.repeat(100_000) }))}\n`);
  const file = fileOf(many.join(''));
  const { end } = await readAll(formats, file);
  appendFileSync(file, `${text(60)}\n`);
  const grown = await readAll(formats, file, { from: end.position });
  expect(keys(grown)).toEqual([key(60)]);
  // The same size again: only its time tells.
  writeFileSync(file, `${many.join('').replace('Request 30', 'Request XX')}${text(60)}\n`);
  utimesSync(file, new Date(), new Date(statSync(file).mtimeMs + 1_000));
  expect((await readAll(formats, file, { from: grown.end.position })).runs).toHaveLength(61);
});

test('a session is one run, which is there as it is now, and again when it has grown', async () => {
  const entry = (n: number, type: 'user' | 'assistant', content: string): string =>
    `${JSON.stringify({
      type,
      uuid: `u${n}`,
      parentUuid: n === 0 ? null : `u${n - 1}`,
      sessionId: 'session-1',
      timestamp: new Date(1_700_000_000_000 + n * 1_000).toISOString(),
      cwd: '/project',
      version: '1.0.0',
      message: { role: type, content },
    })}\n`;
  const summary = '{"type":"summary","summary":"What was done","leafUuid":"u1"}\n';
  const file = fileOf(summary + entry(0, 'user', 'Fix it.') + entry(1, 'assistant', 'I look.'), 'session.jsonl');
  const first = await readAll(formats, file);
  expect([first.refused, first.bad]).toEqual([[], []]);
  expect(first.runs.map(({ request }) => request)).toEqual(['Fix it.']);
  const next = entry(2, 'assistant', 'Done.');
  appendFileSync(file, next.slice(0, 30));
  const torn = await readAll(formats, file, { from: first.end.position });
  expect(torn.end.waiting).toBe(30);
  expect(torn.runs[0]!.id).toBe(first.runs[0]!.id);
  appendFileSync(file, `${next.slice(30)}{broken}\n`);
  const second = await readAll(formats, file, { from: torn.end.position });
  expect(second.bad.map(({ code }) => code)).toEqual(['RECORD_NOT_JSON']);
  const [grown] = second.runs;
  expect(grown!.session).toBe(first.runs[0]!.session);
  expect([typeof grown!.session, grown!.messages.length]).toEqual(['string', 3]);
  expect(second.events.find(({ type }) => type === 'run')).toMatchObject({ place: { offset: 0, index: 0 } });
  const bytesHash = second.events.flatMap((event) => (event.type === 'run' ? [event.bytesHash] : []))[0]!;
  const known = await readAll(formats, file, { known: (hash) => hash === bytesHash });
  expect(known.events.map(({ type }) => type)).toEqual(['bad', 'known', 'end']);
});

test('a file that has gone is unreadable, also for who has a position', async () => {
  const file = fileOf(`${text(1)}\n`);
  const { end } = await readAll(formats, file);
  rmSync(file);
  await expect(readAll(formats, file, { from: end.position })).rejects.toMatchObject({
    code: 'PATH_UNREADABLE',
    kind: 'not_found',
  });
});
