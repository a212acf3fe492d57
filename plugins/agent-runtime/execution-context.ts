import type { ToolUse } from '#plugins/trajectory/api';
import type { PlanStep } from './journal.ts';
import { remedy } from './known-problems.ts';
import type { Observation } from './observation.ts';

const LONGEST_FACT = 2_000;
const MOST_FACTS = 50;
/** Few uses say little: of so many, the share that failed is worth a word. */
const USES = 20;
const WORTH_A_WARNING = 0.5;

/**
 * What the run has learned and feeds the next decision with (seed 001 section 2.1): failed attempts, known problems, what
 * earlier runs tell of the tools, the plan, and facts that no compression may lose.
 */
export class ExecutionContext {
  plan: readonly PlanStep[] = [];
  readonly facts: string[] = [];
  readonly skills = new Set<string>();
  readonly #failures = new Map<string, number>();
  #learned: readonly string[] = [];

  /** Lines for the prompt on tools that often fail, from all runs so far. */
  learn(uses: readonly ToolUse[]): void {
    const sums = new Map<string, { calls: number; successes: number }>();
    for (const { tool, calls, successes } of uses) {
      const sum = sums.get(tool) ?? { calls: 0, successes: 0 };
      sums.set(tool, { calls: sum.calls + calls, successes: sum.successes + successes });
    }
    this.#learned = [...sums].flatMap(([tool, { calls, successes }]) =>
      calls >= USES && successes / calls < WORTH_A_WARNING ? [`${tool}: ${successes} of ${calls} calls succeeded`] : [],
    );
  }
  get learned(): readonly string[] {
    return this.#learned;
  }

  remember(fact: string): string {
    const said = fact.trim().slice(0, LONGEST_FACT);
    if (this.facts.includes(said)) return said;
    if (this.facts.length >= MOST_FACTS) this.facts.shift();
    this.facts.push(said);
    return said;
  }

  /** What every compression must keep, word for word. */
  get pinned(): readonly string[] {
    const open = this.plan.filter(({ status }) => status === 'open' || status === 'doing');
    return [
      ...this.facts,
      ...open.map(({ goal, status }) => `plan (${status}): ${goal}`),
      ...[...this.skills].map((name) => `active skill: ${name} (load_skill shows it again)`),
    ];
  }

  /** The observation with what is known of such a failure. */
  noted(tool: string, observation: Observation): Observation {
    if (!observation.isError || observation.isInfrastructure) return observation;
    const key = `${tool} ${observation.code ?? observation.text.slice(0, 80)}`;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const known = remedy(observation.code);
    const again = failures > 1 ? `This is failure ${failures} of this kind with ${tool} in this task.` : undefined;
    const notes = [known, again].filter((note) => note !== undefined);
    return notes.length === 0 ? observation : { ...observation, text: `${observation.text}\n${notes.join(' ')}` };
  }
}
