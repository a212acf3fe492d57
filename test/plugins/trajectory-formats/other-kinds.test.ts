import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fileOf, openFormats, readAll, record } from './reading.ts';

const formats = await openFormats();
const lines = (...records: readonly object[]): string => records.map((one) => `${JSON.stringify(one)}\n`).join('');
const span = { traceId: 'a1', spanId: 'b1', name: 'GET /', attributes: { 'http.method': 'GET' } };

test.each([
  ['a trace of a server', lines(span)],
  [
    'spans of a server',
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes: [] }] }] }] }),
  ],
  ['audit of Kubernetes', lines({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', verb: 'get' })],
  ['parts of a program', lines({ kind: 'Import', source: './x' }, { kind: 'Export', source: 'y' })],
  ['clicks of a browser test', lines({ action: 'click', args: { selector: '#a' } })],
  ['paths of robots', JSON.stringify({ trajectory: [{ state: [1], action: 2, observation: [3] }] })],
  ['an itinerary', JSON.stringify({ trajectory_id: 't1', steps: [] })],
  ['a recipe', JSON.stringify({ schema_version: '1.0', agent: {}, steps: [{ message: 'stir', source: 'book' }] })],
  [
    'log lines',
    lines({ id: 'r1', timestamp: '2026-01-01T00:00:00Z' }, { id: 'r2', timestamp: '2026-01-01T00:00:01Z' }),
  ],
  ['analytics', lines({ type: 'user', messageId: 'm1', event: 'Click' })],
  ['a form', JSON.stringify({ items: [{ type: 'text', label: 'a' }], session: 'x' })],
  ['a page', JSON.stringify({ contents: [{ role: 'user', parts: ['a'] }] })],
  ['a notebook', JSON.stringify({ cells: [{ cell_type: 'code', source: [] }], metadata: {}, nbformat: 4 })],
  ['something packed twice', gzipSync(gzipSync(lines(record(1))))],
])('%s holds no trajectories', async (_, content) => {
  const { refused, runs, bad, end } = await readAll(formats, fileOf(content));
  expect({ runs, bad }).toEqual({ runs: [], bad: [] });
  expect(refused).toHaveLength(1);
  expect(end.position.offset).toBe(0);
});

test('of a packed file no more is read than maxUnpackedBytes', async () => {
  const bounded = await openFormats({ maxUnpackedBytes: 1 << 20 });
  const file = fileOf(gzipSync(Buffer.concat([Buffer.from(lines(record(1))), Buffer.alloc(8 << 20, ' ')])), 'x.gz');
  await expect(readAll(bounded, file)).rejects.toMatchObject({
    code: 'PATH_UNREADABLE',
    message: expect.stringContaining('maxUnpackedBytes'),
  });
  const small = fileOf(gzipSync(lines(record(1))), 'y.gz');
  expect((await readAll(bounded, small)).runs).toHaveLength(1);
});
