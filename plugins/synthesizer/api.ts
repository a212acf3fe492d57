import type { z } from 'zod';
import { type Token, type Topic, token, topic } from '#kernel';
import type { ImportedRun } from '#plugins/trajectory-formats/api';

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
export interface Estimate {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** undefined: the model has no price. */
  readonly usd?: number;
  readonly seconds?: number;
}

/** What a trajectory was about (seed 001 section 3.1). Wire names are snake_case, as it stands in `task_essences.json`. */
export interface TaskEssence {
  readonly essence_id: string;
  readonly trajectory_id: string;
  /** One word or two, such as `booking`, `debugging`, `research`. */
  readonly task_type: string;
  readonly domain: string;
  /** The task in one or a few sentences, without what only this run's user or machine has. */
  readonly description: string;
  readonly complexity: 'low' | 'medium' | 'high';
  readonly key_features: readonly string[];
  /** That the run used with effect, in order of first use. */
  readonly tools: readonly string[];
  readonly success: boolean | null;
  readonly steps: number;
  /** Name of the strategy; `structural` was made without a model. */
  readonly strategy: string;
  readonly model?: string;
}

/** A task for an agent: TaskSpec of the seeds, and where it comes from. As it stands in `seed_tasks.jsonl`. */
export interface SeedTask {
  readonly task_id: string;
  readonly task_type: string;
  readonly domain: string;
  /** The task as an agent gets it; complete in itself, and without its answer. */
  readonly description: string;
  readonly expected_tools: readonly string[];
  readonly constraints: readonly string[];
  /** How one sees that it is done. */
  readonly success_criteria: readonly string[];
  readonly max_steps: number;
  readonly complexity: 'low' | 'medium' | 'high';
  readonly difficulty: Difficulty;
  /** What the checks said; a seed that one refused is not in the file. */
  readonly verification: readonly CheckVerdict[];
  /** Every check passed, but those that lacked something outside of the record. */
  readonly verified: boolean;
  readonly lineage: Lineage;
}
export interface Difficulty {
  /** Runs of this task, how many of them were judged, and how many succeeded. */
  readonly trials: number;
  readonly judged: number;
  readonly successes: number;
  /** undefined where none was judged. 0 and 1 are marked in `note`: too hard, too easy, or a wrong label. */
  readonly pass_rate?: number;
  readonly note?: string;
}
export interface Lineage {
  /** The trajectory it was made from, and all trials of the same task. */
  readonly trajectory: string;
  readonly trials: readonly string[];
  readonly essence: string;
  readonly essence_strategy: string;
  readonly seed_strategy: string;
  /** `none`, or how it was made harder, and from which seed(s). */
  readonly evolution: string;
  readonly parents?: readonly string[];
  /** Keys of the calls that it came from; empty where no model was asked. */
  readonly calls: readonly string[];
  readonly model?: string;
}

export interface CheckVerdict {
  /** Name of the check in YAML. */
  readonly check: string;
  /** unverified: it could not be told (no registry, no recorded result); it refuses nothing. */
  readonly verdict: 'passed' | 'failed' | 'unverified';
  readonly why?: string;
  /** What it lacked outside of the record (`input schemas`, `a tool server`): that alone keeps no seed from being verified. */
  readonly needs?: string;
  /** Figures of the check, such as `pass_at_1` and `pass_hat_k` of `live`. */
  readonly figures?: Readonly<Record<string, number>>;
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

// ---------------------------------------------------------------- strategies, by name in YAML

/** How an essence is made (`llm`, `structural`). */
export interface EssenceStrategy {
  /** Why it can do nothing as things are, such as that it needs a model. */
  readonly lacks?: string | undefined;
  /** Changes when the same evidence may give another answer: a hash of prompts and configuration. */
  readonly recipe?: string;
  essence(of: RunEvidence, ask: Ask): Promise<EssenceDraft>;
}
/** What a strategy says; ids, success and steps are added by the synthesizer. */
export type EssenceDraft = Pick<
  TaskEssence,
  'task_type' | 'domain' | 'description' | 'complexity' | 'key_features' | 'tools'
>;

/** How a seed is made of an essence (`llm`, `variation`). */
export interface SeedStrategy {
  readonly lacks?: string | undefined;
  readonly recipe?: string;
  seed(of: SeedEvidence, ask: Ask): Promise<SeedDraft>;
}
export type SeedDraft = Pick<
  SeedTask,
  | 'task_type'
  | 'domain'
  | 'description'
  | 'expected_tools'
  | 'constraints'
  | 'success_criteria'
  | 'max_steps'
  | 'complexity'
>;

/** How further, harder seeds are made of a seed (`depth`, `width`, `none`); undefined: it makes none of this one. */
export interface EvolveStrategy {
  readonly lacks?: string | undefined;
  readonly recipe?: string;
  /** How many near seeds it joins with its parent (`near`); default 0. */
  readonly joins?: number;
  evolve(
    seed: SeedEvidence & { readonly parent: SeedDraft; readonly near: readonly SeedDraft[] },
    ask: Ask,
  ): Promise<SeedDraft | undefined>;
}

/** A run as strategies and checks may see it: redacted, without `reference` and without system prompts. */
export interface RunEvidence {
  readonly run: Omit<ImportedRun, 'reference'>;
  /** Uses of tools in order, each call with what came back. */
  readonly steps: readonly EvidenceStep[];
}
export interface EvidenceStep {
  /** From 1. */
  readonly step: number;
  /** `server/tool`, or the tool's name alone. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result?: string;
  readonly error: boolean;
}
export interface SeedEvidence extends RunEvidence {
  readonly essence: EssenceDraft;
  /** Of all trials of the task. */
  readonly difficulty: Difficulty;
  /** Steps of the shortest run of the task that succeeded; undefined: none is known to have. */
  readonly shortestSuccess?: number;
  /** Seeds that an evolved one was made of: what they expect was checked with them. */
  readonly parents?: readonly SeedDraft[];
}

/**
 * Asks the model, or answers from what was kept under the key of stage, prompt text, rendered input, model and parameters.
 * Faults of Llm pass through. What is asked has been redacted already; `ask` checks that once more.
 */
export type Ask = <T>(question: Question<T>) => Promise<T>;
export interface Question<T> {
  /** Name of the prompt's file, such as `essence.md`. */
  readonly prompt: string;
  /** The prompt's text: goes as system prompt. */
  readonly system: string;
  /** What it is about: data, never instructions. */
  readonly user: string;
  /** Names the shape: letters, digits and underscores. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  readonly maxOutputTokens?: number;
}

/** A machine check of a seed against the evidence (`expected-tools`, `arguments`, ...). Never asks a model. */
export interface SeedCheck {
  check(seed: SeedDraft, evidence: SeedEvidence, signal: AbortSignal): Promise<Omit<CheckVerdict, 'check'>>;
}

export const ESSENCE_STRATEGY: Token<EssenceStrategy> = token<EssenceStrategy>('synthesis.essence');
export const SEED_STRATEGY: Token<SeedStrategy> = token<SeedStrategy>('synthesis.seed');
export const EVOLVE_STRATEGY: Token<EvolveStrategy> = token<EvolveStrategy>('synthesis.evolve');
export const SEED_CHECK: Token<SeedCheck> = token<SeedCheck>('synthesis.check');
export const SYNTHESIS: Token<Synthesis> = token<Synthesis>('synthesis');
export const SYNTHESIS_PROGRESS: Topic<Progress> = topic<Progress>('synthesis.progress');
