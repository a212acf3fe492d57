import type { ToolEffect, ToolSequence } from '#plugins/trajectory-archive/api';
import type { SeedTask, TaskEssence } from './seed-task.ts';

/** Makes the report of a synthesis for people, and the card and files of a dataset. Pure: the same input, the same text. */
export interface SynthesisReport {
  /** One page each; the HTML needs nothing from the net, its pictures are inline SVG. */
  report(input: ReportInput): { readonly markdown: string; readonly html: string };
  /**
   * A dataset folder as hubs take it: `README.md` (the card, with YAML front matter), `data/{train,validation,test}.jsonl`
   * and `.parquet`, split by task cluster. Written as a whole or not at all. The paths that were written.
   */
  dataset(input: ReportInput, folder: string): Promise<readonly string[]>;
}
export interface ReportInput {
  readonly dataset: SynthesisDataset;
  readonly tools: readonly ToolEffect[];
  readonly sequences: readonly ToolSequence[];
}

/** Everything that reports, cards and exports are made of. */
export interface SynthesisDataset {
  readonly essences: readonly TaskEssence[];
  readonly seeds: readonly SeedTask[];
  /** Seeds that were made and not kept, with the filter that took them: `same-task`, `near-duplicate`, `contaminated`, `check:<name>`. */
  readonly dropped: readonly { readonly seed: SeedTask; readonly filter: string; readonly why: string }[];
  readonly clusters: readonly { readonly key: string; readonly trajectory: string; readonly cluster: string }[];
  readonly counts: {
    readonly seen: number;
    readonly imported: number;
    readonly duplicate: number;
    readonly quarantined: number;
    readonly erased: number;
  };
  readonly sources: readonly {
    readonly file: string;
    readonly format: string;
    readonly runs: number;
    readonly license?: string;
  }[];
  readonly money: Money;
  /** Placeholders that redaction put in, by kind. */
  readonly redactions: Readonly<Record<string, number>>;
  /** Jobs that failed for good. */
  readonly failures: readonly { readonly trajectory: string; readonly stage: string; readonly why: string }[];
  /** Hash of the configuration that decides what is made. */
  readonly configHash: string;
  readonly strategies: { readonly essence: string; readonly seed: string; readonly evolve: string };
  /** When the newest of it came (ms since 1970): the same for a replay. */
  readonly asOf: number;
}

/** Over all runs on these data, resumed ones too. */
export interface Money {
  /** Calls that a model answered, and those answered from what was kept. */
  readonly calls: number;
  readonly cachedCalls: number;
  /** Begun and cut off by a kill; they may have been charged. */
  readonly unfinishedCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
  /** Calls of a model that has no price. */
  readonly unpriced: number;
  readonly byStage: Readonly<Record<string, StageMoney>>;
}
export interface StageMoney {
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
}
