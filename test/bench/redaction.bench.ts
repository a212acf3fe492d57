/**
 * What redaction costs: `node test/bench/redaction.bench.ts`. In CPU time, beside what JSON.parse and JSON.stringify of the same
 * records cost, and by kind and length of text; then texts that are made to slow expressions down, by their length.
 */
import fs from 'node:fs';
import path from 'node:path';
import { openRedactor } from '../plugins/redaction/open-redaction.ts';

const DATA = process.env.TRAJECTORY_DATA ?? path.join(import.meta.dirname, '../../../shared/data/trajectories');
// The same texts are read again and again here, and each time in full.
const open = await openRedactor({ recentCharacters: 0 });
const show = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(66)} ${value.toFixed(3).padStart(10)} ${unit}`);

/** CPU milliseconds of one call, the best of some rounds. */
function cpu(work: () => void, rounds = 5): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

const file = path.join(DATA, 'tau-bench-airline/trajectories.jsonl');
if (!fs.existsSync(file)) console.log(`no recorded runs at ${DATA}: only made texts`);
else {
  const lines = fs.readFileSync(file, 'utf8').trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { traj: { content: string | null }[] });
  const each = (work: (at: number) => void) => (): void => {
    for (let at = 0; at < lines.length; at++) work(at);
  };
  const parsed = cpu(each((at) => void JSON.stringify(JSON.parse(lines[at]!)))) / lines.length;
  const value = cpu(each((at) => void open().value(records[at]!.traj))) / lines.length;
  show(`a record (${(lines.join('').length / lines.length / 1_024).toFixed(1)} KiB): parse and write`, parsed, 'ms');
  show('  all strings redacted, against that', value / parsed, 'x');
  for (const level of ['secrets', 'all'] as const) {
    const texts = records.map(({ traj }) =>
      traj
        .map(({ content }) => content ?? '')
        .join('\n')
        .slice(0, 17_000),
    );
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    const cost = cpu(() => {
      for (const text of texts) open(level).text(text);
    });
    show(`17 KB of text at level ${level}`, (cost / length) * 17_000, 'ms');
  }
  const escaped = cpu(() => {
    for (const line of lines) open().text(line);
  });
  show('17 KB of JSON with escapes at level all', (escaped / lines.join('').length) * 17_000, 'ms');
}

const prose = 'The quick brown fox jumps over the lazy dog; 会议在下午三点开始。 '.repeat(250_000).slice(0, 10_000_000);
show(
  '10 MB of prose',
  cpu(() => void open().text(prose), 2),
  'ms',
);
for (const bait of ['a@', 'password=', '密码：', 'cookie: a=b; ', 'http://a', '1234567890', '\\n', 'QWxh', '(']) {
  const text = (length: number): string => bait.repeat(length / bait.length);
  const short = cpu(() => void open().text(text(100_000)), 3);
  const long = cpu(() => void open().text(text(1_600_000)), 1);
  show(`${JSON.stringify(bait)} again and again: 16 times the length, against the shorter`, long / short, 'x');
}
