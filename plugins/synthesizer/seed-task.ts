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
