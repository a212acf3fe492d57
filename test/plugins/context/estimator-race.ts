// The estimator beside its peer, in a process that does nothing else: prints how many times as fast it is, by class of text.
//   node estimator-race.ts
import { pathToFileURL } from 'node:url';
import { estimateTokens } from '#plugins/context/api';
import { interleaved } from '../../bench/support/interleaved.ts';
import { JUDGES } from '../../judges/install.ts';
import { buildCorpus } from './estimator-corpus/corpus.ts';

const peer = pathToFileURL(`${JUDGES}/node_modules/tokenx/dist/index.mjs`).href;
const { estimateTokenCount } = (await import(peer)) as { estimateTokenCount(text: string): number };

const ratios = ['english prose', 'typescript', 'json minified', 'chinese prose'].map((name) => {
  const { samples } = buildCorpus('test', 60_000, new RegExp(`^${name}$`));
  const text = samples.map((sample) => sample.text).join('\n');
  const both = [() => estimateTokens(text), () => estimateTokenCount(text)];
  const [ours, theirs] = interleaved(both, { rounds: 60, calls: 3 }) as [number, number];
  return [name, theirs / ours];
});
process.stdout.write(JSON.stringify(Object.fromEntries(ratios)));
