import type { z } from 'zod';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import type { CheckVerdict, Difficulty, SeedTask, TaskEssence } from './seed-task.ts';

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
