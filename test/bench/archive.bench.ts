// What a trajectory costs in the archive, on the embedded database: CPU to add and to get it, beside bare zlib and SQLite,
// and its share of the disk.
//   node test/bench/archive.bench.ts [FILE of tau-bench records]
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arrived } from '#plugins/trajectory-archive/api';
import storagePlugin from '../../plugins/storage/index.ts';
import archivePlugin from '../../plugins/trajectory-archive/index.ts';
import { openPlugin } from '../plugins/open-plugin.ts';
import { arrived, type TauRecord, tauRun } from '../plugins/trajectory-archive/made-runs.ts';

const RUNS = 2_040;
const BATCHES = [1, 20, 100, 500];
const [
  file = join(
    process.env.TRAJECTORY_DATA ?? join(import.meta.dirname, '../../../shared/data/trajectories'),
    'tau-bench-airline/trajectories.jsonl',
  ),
] = process.argv.slice(2);
if (!existsSync(file)) {
  console.log(`${file} is not here: nothing is measured`);
  process.exit(0);
}
const lines = readFileSync(file, 'utf8').trim().split('\n');
const records = lines.map((line) => JSON.parse(line) as TauRecord);
/** Other runs each time: what users say differs, as it does between trials. */
let copies = 0;
const more = (count: number): Arrived[] =>
  Array.from({ length: count }, (_, at) => {
    if (at % records.length === 0) copies += 1;
    return arrived(
      tauRun(records[at % records.length]!, copies),
      'tau.jsonl',
      Buffer.byteLength(lines[at % lines.length]!),
    );
  });

const folder = mkdtempSync(join(tmpdir(), 'archive-'));
const storage = await openPlugin(storagePlugin, { dir: folder });
const { plugin, close } = await openPlugin(archivePlugin, {}, { storage: storage.plugin.storage });
const { archive } = plugin;

async function cpuMs(count: number, work: () => Promise<unknown>): Promise<string> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return `${((user + system) / 1_000 / count).toFixed(3)} ms CPU a run`;
}

await archive.add(more(240));
for (const batch of BATCHES) {
  const runs = more(RUNS);
  const cost = await cpuMs(RUNS, async () => {
    for (let at = 0; at < runs.length; at += batch) await archive.add(runs.slice(at, at + batch));
  });
  console.log(`add, ${batch} at a time`.padEnd(28), cost);
}
const again = more(0);
copies -= 17;
again.push(...more(RUNS));
console.log('add what is there'.padEnd(28), await cpuMs(RUNS, () => archive.add(again)));

const ids: string[] = [];
for (let after = 0; ; ) {
  const heads = await archive.heads(after);
  if (heads.length === 0) break;
  ids.push(...heads.map(({ id }) => id));
  after = heads.at(-1)!.seq;
}
const some = ids.filter((_, at) => at % 4 === 0);
console.log(
  'get'.padEnd(28),
  await cpuMs(some.length, async () => {
    for (const id of some) await archive.get(id);
  }),
);
console.log(
  'many, 50 at a time'.padEnd(28),
  await cpuMs(ids.length, async () => {
    for (let at = 0; at < ids.length; at += 50) await archive.many(ids.slice(at, at + 50));
  }),
);
const whole = await archive.many(ids.slice(0, 200));
console.log(
  'bare JSON.stringify, parse'.padEnd(28),
  await cpuMs(whole.length * 10, async () => {
    for (let round = 0; round < 10; round += 1) for (const run of whole) JSON.parse(JSON.stringify(run));
  }),
);
console.log(`statistics over ${ids.length} runs`.padEnd(28), await cpuMs(1, () => archive.statistics()));
console.log('sequences of 3'.padEnd(28), await cpuMs(1, () => archive.sequences(3, 20)));
const { rawBytes, storedBytes, runs } = await archive.totals();
await storage.plugin.storage.all('PRAGMA wal_checkpoint(TRUNCATE)');
const disk = statSync(join(folder, 'datapresso.db')).size;
console.log(
  `${runs} runs, ${(rawBytes / 1e6).toFixed(0)} MB: texts ${(storedBytes / rawBytes).toFixed(3)}, file ${(disk / rawBytes).toFixed(3)} of it`,
);
await close();
await storage.close();
rmSync(folder, { recursive: true, force: true });
