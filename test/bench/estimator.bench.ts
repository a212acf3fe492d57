/**
 * How fast tokens are estimated, beside a peer and a real tokenizer, and what counting a window again costs:
 * `node test/bench/estimator.bench.ts`. Rounds are interleaved, the best of each counts. MB are of UTF-8.
 */
import { pathToFileURL } from 'node:url';
import { estimateTokens, type Message, TokenCounter } from '../../plugins/context/api.ts';
import { ensureInstalled, JUDGES } from '../judges/install.ts';
import { buildCorpus } from '../plugins/context/estimator-corpus/corpus.ts';
import { interleaved } from './support/interleaved.ts';

const CHARACTERS = 100_000;
const TEXTS = { English: 'english prose', code: 'typescript', JSON: 'json minified', Chinese: 'chinese prose' };

await ensureInstalled(JUDGES);
const load = (file: string) => import(pathToFileURL(`${JUDGES}/node_modules/${file}`).href);
const { estimateTokenCount } = (await load('tokenx/dist/index.mjs')) as { estimateTokenCount(text: string): number };
const { countTokens } = (await load('gpt-tokenizer/esm/encoding/o200k_base.js')) as {
  countTokens(text: string): number;
};

const column = (value: string | number, width = 14) => String(value).padStart(width);
console.log(
  `${'MB/s'.padEnd(10)}${['estimateTokens', 'tokenx', 'gpt-tokenizer'].map((name) => column(name)).join('')}${column('x tokenx')}${column('x gpt-tokenizer', 18)}`,
);
for (const [name, cls] of Object.entries(TEXTS)) {
  const { samples } = buildCorpus('test', CHARACTERS, new RegExp(`^${cls}$`));
  const text = samples.map((sample) => sample.text).join('\n');
  const [ours, tokenx, gpt] = interleaved(
    [() => estimateTokens(text), () => estimateTokenCount(text), () => countTokens(text)],
    { rounds: 30, calls: 3 },
  ).map((ms) => Buffer.byteLength(text) / ms / 1e3) as [number, number, number];
  console.log(
    `${name.padEnd(10)}${[ours, tokenx, gpt].map((value) => column(value.toFixed(1))).join('')}${column((ours / tokenx).toFixed(1))}${column((ours / gpt).toFixed(1), 18)}`,
  );
}

const message = (i: number): Message => ({
  id: `m${i}`,
  role: i % 2 ? 'assistant' : 'user',
  at: 0,
  parts: [{ type: 'text', text: `${i} ${'The build failed with exit code 2. '.repeat(56)}` }],
});
const history = Array.from({ length: 240 }, (_, i) => message(i));
const recounts = (history: () => readonly Message[], times: number): string => {
  const counter = new TokenCounter();
  let ms = 0;
  for (let i = 0; i < times; i++) {
    const now = history();
    const before = performance.now();
    counter.messages(now);
    ms += performance.now() - before;
  }
  return `${ms.toFixed(0)} ms`;
};
console.log(`\nA window of 240 messages, 480 kB, counted`);
console.log(`  once, without memory: ${recounts(() => structuredClone(history), 1)}`);
console.log(`  10,000 times, the same messages: ${recounts(() => history, 10_000)}`);
console.log(
  `  200 times, after a round trip through JSON each: ${recounts(() => JSON.parse(JSON.stringify(history)), 200)}`,
);
