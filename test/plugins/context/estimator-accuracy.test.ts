import { beforeAll, describe, expect, test } from 'vitest';
import { estimateTokens, type Tokenizer } from '#plugins/context/api';
import { judgesInstalled } from '../../e2e/judges-installed.ts';
import { buildCorpus, type Sample } from './estimator-corpus/corpus.ts';
import { realTokenizer } from './estimator-corpus/real-tokenizers.ts';

/** Of each class; the training script shows the same for 80,000 and more. */
const CHARACTERS = 20_000;
/** Less than this says nothing of a class as a whole. */
const ENOUGH = 500;
const MOST_PERCENT = 10;
/** Fourteen scripts that share eight weights; each alone may be off by more. */
const SCATTERED = 'other scripts';
const SCATTERED_PERCENT = 25;
const TOKENIZERS: readonly Tokenizer[] = ['o200k', 'cl100k', 'qwen3', 'llama3', 'deepseek'];
const LIMIT_MS = 180_000;

const available = await judgesInstalled('judges');

describe.skipIf(!available)('estimates against real tokenizers, on sources that no weight was fitted to', () => {
  let classes: Map<string, Sample[]>;
  beforeAll(() => {
    const { samples, short } = buildCorpus('test', CHARACTERS);
    classes = Map.groupBy(samples, (sample) => sample.class);
    for (const [name, characters] of short) {
      const verdict = characters < ENOUGH ? 'left out' : 'small';
      process.stdout.write(`${verdict}: ${name}: this machine has ${characters} characters of it\n`);
      if (characters < ENOUGH) classes.delete(name);
    }
  }, LIMIT_MS);

  test('the corpus has every class but those that need documentation in other languages', () => {
    expect(classes.size).toBeGreaterThanOrEqual(43);
  });

  test.for(TOKENIZERS)('%s: at most a tenth off in every class', { timeout: LIMIT_MS }, async (tokenizer) => {
    const count = await realTokenizer(tokenizer);
    expect(count).toBeDefined();
    const off: Record<string, number> = {};
    const each: number[] = [];
    for (const [name, samples] of classes) {
      let [estimated, real] = [0, 0];
      for (const { text } of samples) {
        const [one, truth] = [estimateTokens(text, tokenizer), count!(text)];
        estimated += one;
        real += truth;
        if (text.length >= 1_000) each.push(Math.abs(one / truth - 1) * 100);
      }
      const percent = 100 * (estimated / real - 1);
      if (Math.abs(percent) > (name === SCATTERED ? SCATTERED_PERCENT : MOST_PERCENT))
        off[name] = Number(percent.toFixed(1));
    }
    expect(off).toEqual({});
    // By sample, not by class: what one tool output or document may be off.
    expect(each.reduce((sum, one) => sum + one, 0) / each.length).toBeLessThanOrEqual(5);
  });
});
