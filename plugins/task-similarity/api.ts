import { type Token, token } from '#kernel';

/** Which tasks are the same, which texts are nearly the same, and which stand in a list that must not leak. Pure and repeatable. */
export interface TaskSimilarity {
  /** Empty; what was decided before is put back with `restore`. */
  identity(): TaskIdentity;
  nearDuplicates(options?: { readonly threshold?: number }): NearDuplicates;
  /** Texts of evaluation sets; a text that holds one of them, or nearly, is contaminated. */
  contamination(list: readonly ListedTask[]): Contamination;
}

/**
 * Finds runs of the same task over trials, agents and models without being told ids, from what the user asked for and the
 * facts in it. Decisions stand: a later batch joins clusters that are there or makes new ones, and never merges two.
 */
export interface TaskIdentity {
  restore(known: readonly (TaskFacts & { readonly cluster: string })[]): void;
  /**
   * A cluster for each, in their order; its name is the id of its first run. Repeatable for the same restored state and batch.
   * Lets others have their turn meanwhile; nothing else is asked of this identity until it resolves.
   */
  assign(batch: readonly TaskFacts[]): Promise<readonly string[]>;
  /** Takes runs away. A cluster keeps its name also without the run that gave it. */
  forget(ids: readonly string[]): void;
}

/** What a run says about its task. */
export interface TaskFacts {
  readonly id: string;
  /** The first request. */
  readonly request: string;
  /** All turns of the user, the first included, in order; no system prompts, no demonstrations. */
  readonly turns: readonly string[];
  /** Values of call arguments (strings and numbers, as text), in order. */
  readonly argumentValues: readonly string[];
  /** In order of use. */
  readonly tools: readonly string[];
}

/** MinHash over character 5-grams, banded: near-duplicates of any language. The first that was added stands. */
export interface NearDuplicates {
  /** The id of the text that this one nearly repeats, with the estimated Jaccard similarity; undefined: it is new, and kept. */
  add(id: string, text: string): { readonly of: string; readonly similarity: number } | undefined;
  /** As `add` would answer, keeping nothing. */
  find(text: string): { readonly of: string; readonly similarity: number } | undefined;
  remove(id: string): void;
  readonly size: number;
}

export interface ListedTask {
  readonly id: string;
  readonly text: string;
}
export interface Contamination {
  readonly size: number;
  /** The listed task that this text is or holds, also with small edits. */
  find(text: string): { readonly of: string; readonly similarity: number } | undefined;
}

export const TASK_SIMILARITY: Token<TaskSimilarity> = token<TaskSimilarity>('task.similarity');
