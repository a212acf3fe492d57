import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { estimateTokens, type Message, TokenCounter } from '#plugins/context/api';
import { interleaved } from '../../bench/support/interleaved.ts';
import { judgesInstalled } from '../../e2e/judges-installed.ts';
import { JUDGES } from '../../judges/install.ts';
import { buildCorpus } from './estimator-corpus/corpus.ts';

const TIMES_THE_PEER = 5;

const available = await judgesInstalled('judges');

describe.skipIf(!available)(`at least ${TIMES_THE_PEER} times as fast as tokenx, side by side`, () => {
  test.for(['english prose', 'typescript', 'json minified', 'chinese prose'])(
    '%s',
    { timeout: 60_000 },
    async (name) => {
      const peer = pathToFileURL(`${JUDGES}/node_modules/tokenx/dist/index.mjs`).href;
      const { estimateTokenCount } = (await import(peer)) as { estimateTokenCount(text: string): number };
      const { samples } = buildCorpus('test', 60_000, new RegExp(`^${name}$`));
      const text = samples.map((sample) => sample.text).join('\n');
      const both = [() => estimateTokens(text), () => estimateTokenCount(text)];
      const [ours, theirs] = interleaved(both, { rounds: 60, calls: 3 }) as [number, number];
      expect(theirs / ours).toBeGreaterThanOrEqual(TIMES_THE_PEER);
    },
  );
});

test('a window that was counted is counted again a hundred times in less time than once', () => {
  const history = Array.from({ length: 240 }, (_, i): Message => {
    const text = `${i} ${'The build failed with exit code 2. '.repeat(56)}`;
    return { id: `m${i}`, role: 'user', at: 0, parts: [{ type: 'text', text }] };
  });
  const counter = new TokenCounter();
  counter.messages(history);
  const again = () => {
    for (let i = 0; i < 100; i++) counter.messages(history);
  };
  const [once, hundred] = interleaved([() => new TokenCounter().messages(history), again], { rounds: 20, calls: 1 });
  expect(hundred).toBeLessThan(once!);
});
