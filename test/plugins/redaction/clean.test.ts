import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openRedactor } from './open-redaction.ts';

const open = await openRedactor();

const CLEAN = fs
  .readFileSync(path.join(import.meta.dirname, 'clean.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '');

test('what only resembles a secret or a person stays', () => {
  expect(CLEAN.length).toBeGreaterThan(120);
  expect(CLEAN.map((line) => open().text(line)).filter((line, i) => line !== CLEAN[i])).toEqual([]);
  const all = CLEAN.join('\n');
  expect(open().text(all)).toBe(all);
});

const DATA = process.env.TRAJECTORY_DATA ?? path.join(import.meta.dirname, '../../../../shared/data/trajectories');
const SPANS =
  /\bHAT\d{3}\b|\b[A-Z0-9]{6}\b|\b[0-9a-f]{7,40}\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b\d{4}-\d\d-\d\d(?:T[\d:.]+)?|\$\s?\d[\d,.]*|\b[a-z]+_[a-z]+_\d{4}\b|\b(?:certificate|gift_card|credit_card)_\d+|(?<![\w/])\/(?:usr|etc|var|opt|tmp|testbed)\/[\w./-]+|https?:\/\/[^\s"'<>()\\]+|\b\d+(?:\.\d+)?\b/g;

test.skipIf(!fs.existsSync(DATA))('of the clean spans of real runs at most one in a hundred is altered', () => {
  const runs: unknown[] = [
    ...fs
      .readFileSync(path.join(DATA, 'tau-bench-airline/trajectories.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { traj: unknown }).traj),
    ...(
      JSON.parse(fs.readFileSync(path.join(DATA, 'livemcpbench/trajectories.json'), 'utf8')) as { messages: unknown }[]
    ).map(({ messages }) => messages),
    ...fs
      .readdirSync(path.join(DATA, 'swe-agent'))
      .filter((name) => name.endsWith('.traj'))
      .map((name) => JSON.parse(fs.readFileSync(path.join(DATA, 'swe-agent', name), 'utf8')) as unknown),
  ];
  let spans = 0;
  let altered = 0;
  const count = (text: string): Map<string, number> => {
    const found = new Map<string, number>();
    for (const [span] of text.matchAll(SPANS)) found.set(span, (found.get(span) ?? 0) + 1);
    return found;
  };
  for (const run of runs) {
    const before = count(JSON.stringify(run));
    const after = count(JSON.stringify(open().value(run)));
    for (const [span, times] of before) {
      spans += times;
      altered += Math.max(0, times - (after.get(span) ?? 0));
    }
  }
  expect(spans).toBeGreaterThan(30_000);
  // Numbers of telephones and e-mail addresses count as altered here, too.
  expect(altered / spans).toBeLessThan(0.01);
});
