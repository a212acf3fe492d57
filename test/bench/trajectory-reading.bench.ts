// What it costs to read trajectories (parsed, recognised, checked, with identity), beside only cutting a file and JSON.parse.
//   node test/bench/trajectory-reading.bench.ts [MEGABYTES [ROUNDS]]
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import formatsPlugin from '../../plugins/trajectory-formats/index.ts';
import { openPlugin } from '../plugins/open-plugin.ts';

const DATA = join(import.meta.dirname, '../../../shared/data/trajectories');
const SOURCE = join(DATA, 'tau-bench-airline/trajectories.jsonl');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

interface Result {
  readonly records: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

/** Reads the file in pieces and gives what `cut` finds complete in them; the rest stays for the next piece. */
function readPieces(file: string, cut: (bytes: Buffer, length: number) => number): void {
  const fd = openSync(file, 'r');
  const bytes = Buffer.allocUnsafe(4 << 20);
  let kept = 0;
  for (;;) {
    const read = readSync(fd, bytes, kept, bytes.length - kept, null);
    if (read === 0) break;
    const used = cut(bytes, kept + read);
    bytes.copy(bytes, 0, used, kept + read);
    kept += read - used;
  }
  closeSync(fd);
}

const METHODS: Readonly<Record<string, (file: string) => Promise<number> | number>> = {
  async read(file) {
    const { plugin, close } = await openPlugin(formatsPlugin, {});
    let runs = 0;
    for await (const event of plugin.formats.read(file)) {
      if (event.type === 'run') runs++;
      else if (event.type !== 'end') throw new Error(JSON.stringify(event));
    }
    await close();
    return runs;
  },
  async known(file) {
    const { plugin, close } = await openPlugin(formatsPlugin, {});
    let known = 0;
    for await (const event of plugin.formats.read(file, { known: () => true })) if (event.type === 'known') known++;
    await close();
    return known;
  },
  'lines floor'(file) {
    let records = 0;
    readPieces(file, (bytes, length) => {
      let start = 0;
      for (;;) {
        const end = bytes.subarray(0, length).indexOf(NEWLINE, start);
        if (end === -1) return start;
        if (typeof JSON.parse(bytes.toString('utf8', start, end)) === 'object') records++;
        start = end + 1;
      }
    });
    return records;
  },
  'list floor'(file) {
    let records = 0;
    readPieces(file, (bytes, length) => {
      let start = 0;
      let depth = 0;
      for (let at = 0; at < length; at++) {
        const byte = bytes[at];
        if (byte === QUOTE) for (at++; at < length && bytes[at] !== QUOTE; at++) at += bytes[at] === BACKSLASH ? 1 : 0;
        else if (byte === 0x7b && depth++ === 0) start = at;
        else if (byte === 0x7d && --depth === 0) {
          if (typeof JSON.parse(bytes.toString('utf8', start, at + 1)) === 'object') records++;
          start = at + 1;
        }
      }
      return start;
    });
    return records;
  },
};

/** Records of the source over and over, each with a text of its own. */
function write(file: string, megabytes: number, list: boolean): void {
  const lines = readFileSync(SOURCE, 'utf8').trim().split('\n');
  const fd = openSync(file, 'w');
  let written = 0;
  if (list) writeSync(fd, '[');
  for (let n = 0; written < megabytes * 1e6; n++) {
    const record = lines[n % lines.length]!.replace('{"role":"user","content":"', (begin) => `${begin}Run ${n}. `);
    written += writeSync(fd, list ? (n === 0 ? record : `,${record}`) : `${record}\n`);
  }
  if (list) writeSync(fd, ']');
  closeSync(fd);
}

function measure(method: string, file: string): Result {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, '--child', method, file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${method}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

if (process.argv[2] === '--child') {
  const [, , , method, file] = process.argv;
  const before = process.cpuUsage();
  const records = await METHODS[method!]!(file!);
  const { user, system } = process.cpuUsage(before);
  const rssMiB = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ records, cpuSeconds: (user + system) / 1e6, rssMiB } satisfies Result));
} else if (!existsSync(SOURCE)) console.log(`left out: there is no ${SOURCE}`);
else {
  const megabytes = Number(process.argv[2] ?? 566);
  const rounds = Number(process.argv[3] ?? 3);
  const folder = mkdtempSync(join(tmpdir(), 'trajectory-reading-'));
  try {
    const files = { lines: join(folder, 'runs.jsonl'), list: join(folder, 'runs.json') };
    write(files.lines, megabytes, false);
    write(files.list, megabytes, true);
    const cases = [
      { name: 'lines: cut + JSON.parse only', method: 'lines floor', file: files.lines },
      { name: 'lines: read', method: 'read', file: files.lines },
      { name: 'lines: all known', method: 'known', file: files.lines },
      { name: 'list: cut + JSON.parse only', method: 'list floor', file: files.list },
      { name: 'list: read', method: 'read', file: files.list },
      { name: 'list: all known', method: 'known', file: files.list },
    ].map((each) => ({ ...each, results: [] as Result[] }));
    for (let round = 0; round < rounds; round++)
      for (const { method, file, results } of cases) results.push(measure(method, file));
    console.log(`${megabytes} MB each, median of ${rounds} interleaved rounds, every one in a process of its own`);
    for (const { name, file, results } of cases) {
      const sorted = [...results].sort((a, b) => a.cpuSeconds - b.cpuSeconds);
      const { records, cpuSeconds } = sorted[Math.floor(sorted.length / 2)]!;
      const mb = (statSync(file).size / 1e6 / cpuSeconds).toFixed(0);
      const rss = Math.max(...results.map(({ rssMiB }) => rssMiB)).toFixed(0);
      const perSecond = Math.round(records / cpuSeconds).toLocaleString('en');
      console.log(
        `${name.padEnd(30)} ${mb.padStart(5)} MB/cpu-s ${perSecond.padStart(8)} records/cpu-s ${rss.padStart(5)} MiB RSS`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
