import type { SynthesisDataset, SynthesisResult } from '../api.ts';

type Read = Pick<SynthesisResult, 'seen' | 'imported' | 'duplicate' | 'quarantined' | 'refused' | 'waiting'>;

/** What was read, and what is there now. */
export const resultOf = (
  dataset: SynthesisDataset,
  files: readonly string[],
  { seen, imported, duplicate, quarantined, refused, waiting }: Read,
): SynthesisResult => ({
  seen,
  imported,
  duplicate,
  quarantined,
  refused,
  waiting,
  essences: dataset.essences.length,
  clusters: new Set(dataset.clusters.map(({ cluster }) => cluster)).size,
  seeds: dataset.seeds.length,
  failed: dataset.failures.length,
  money: dataset.money,
  files,
});
