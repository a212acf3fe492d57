import { type Token, type Topic, token, topic } from '#kernel';
import type { Money, SynthesisDataset, SynthesisReport } from './report.ts';
import type { SeedTask, TaskEssence } from './seed-task.ts';
import type { EssenceStrategy, EvolveStrategy, SeedCheck, SeedStrategy } from './strategy.ts';

export type { Money, ReportInput, StageMoney, SynthesisDataset, SynthesisReport } from './report.ts';
export type { CheckVerdict, Difficulty, Lineage, SeedTask, TaskEssence } from './seed-task.ts';
export type {
  Ask,
  EssenceDraft,
  EssenceStrategy,
  EvidenceStep,
  EvolveStrategy,
  Question,
  RunEvidence,
  SeedCheck,
  SeedDraft,
  SeedEvidence,
  SeedStrategy,
} from './strategy.ts';

/**
 * Makes seed tasks of trajectories: reads files, keeps each trajectory once, extracts its essence, finds runs of the same
 * task, makes a seed of each task, checks it, and writes `task_essences.json`, `seed_tasks.jsonl`, `clusters.jsonl`,
 * `report.md` and `report.html`. Exactly once: everything is kept by keys of its content, the files are made from that.
 */
export interface Synthesis {
  /** Works off what the paths hold. Faults: PATH_UNREADABLE, FORMAT_UNKNOWN where no file holds trajectories, BUDGET_REACHED. */
  once(paths: readonly string[], options: RunOptions): Promise<SynthesisResult>;
  /** Works what is there, then what comes, until the signal. Never throws for a file. */
  watch(paths: readonly string[], options: RunOptions): Promise<SynthesisResult>;
  /** Calls and money that `once` would need now; imports, asks no model. */
  estimate(paths: readonly string[], options: RunOptions): Promise<Estimate>;
  /** Writes all files anew from what is kept, without a call: the same bytes. */
  replay(): Promise<SynthesisResult>;
  /** Where a seed comes from. Fault SEED_UNKNOWN (`not_found`, with the nearest). */
  explain(seed: string): Promise<SeedLineage>;
  /** Takes back all that came of trajectories that were erased since, and writes the files anew. How many seeds went. */
  retract(): Promise<number>;
  /** What the files are made from. */
  dataset(): Promise<SynthesisDataset>;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** A record, file or job that could not be used: one line for people. */
  readonly onProblem?: (problem: { readonly where: string; readonly what: string; readonly code: string }) => void;
  /** Tightens the configured limit. */
  readonly maxUsd?: number;
  /** Also the runs that agents of this installation recorded and ended. Fault SERVICE_ABSENT without plugin trajectory. */
  readonly recorded?: boolean;
}

export interface Progress {
  readonly stage: 'import' | 'essence' | 'cluster' | 'seed' | 'write' | 'idle';
  readonly seen: number;
  readonly imported: number;
  readonly duplicate: number;
  readonly quarantined: number;
  /** Of the jobs known so far: model calls or their structural stand-ins. */
  readonly jobs: { readonly done: number; readonly total: number; readonly failed: number };
  readonly seeds: number;
  readonly calls: number;
  readonly usd: number;
  readonly etaMs?: number;
  /** Jobs at a time, as the model lets them. */
  readonly concurrency?: number;
}

export interface SynthesisResult {
  readonly seen: number;
  readonly imported: number;
  readonly duplicate: number;
  readonly quarantined: number;
  /** Files that hold no trajectories. */
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
  /** Bytes at the ends of files that are not finished records yet. */
  readonly waiting: number;
  readonly essences: number;
  readonly clusters: number;
  readonly seeds: number;
  /** Jobs that failed for good; they are tried again with the next run. */
  readonly failed: number;
  readonly money: Money;
  readonly files: readonly string[];
}

export interface Estimate {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** undefined: the model has no price. */
  readonly usd?: number;
  readonly seconds?: number;
}

/** All that `explain` tells. */
export interface SeedLineage {
  readonly seed: SeedTask;
  readonly essence: TaskEssence;
  readonly trajectories: readonly {
    readonly id: string;
    readonly key: string;
    readonly file: string;
    readonly format: string;
    readonly success: boolean | null;
    /** Steps of the run that the seed rests on: from, to (from 1). */
    readonly steps: readonly [number, number];
  }[];
  readonly calls: readonly CallRecord[];
  readonly parents: readonly SeedTask[];
  /** Version of the code that made it. */
  readonly version: string;
}
export interface CallRecord {
  readonly key: string;
  readonly stage: string;
  /** Name and hash of the prompt's text. */
  readonly prompt: string;
  readonly promptHash: string;
  readonly model: string;
  readonly at: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd?: number;
}

export const ESSENCE_STRATEGY: Token<EssenceStrategy> = token<EssenceStrategy>('synthesis.essence');
export const SEED_STRATEGY: Token<SeedStrategy> = token<SeedStrategy>('synthesis.seed');
export const EVOLVE_STRATEGY: Token<EvolveStrategy> = token<EvolveStrategy>('synthesis.evolve');
export const SEED_CHECK: Token<SeedCheck> = token<SeedCheck>('synthesis.check');
export const SYNTHESIS_REPORT: Token<SynthesisReport> = token<SynthesisReport>('synthesis.report');
export const SYNTHESIS: Token<Synthesis> = token<Synthesis>('synthesis');
export const SYNTHESIS_PROGRESS: Topic<Progress> = topic<Progress>('synthesis.progress');
