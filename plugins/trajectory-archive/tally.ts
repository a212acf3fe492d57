import type { Sql } from '#plugins/storage/api';
import { insertRows, label } from './rows.ts';
import type { ToolUses } from './tool-uses.ts';

/** What a run counts for. */
export interface Counted {
  readonly format: string;
  readonly license: string | null;
  readonly success: boolean | null;
  readonly rawBytes: number;
  readonly tools: ToolUses;
}

interface Effect {
  readonly tool: string;
  readonly scenario: string;
  calls: number;
  successes: number;
  runs: number;
  runSuccesses: number;
  runFailures: number;
}

const FIGURES = ['calls', 'successes', 'runs', 'run_successes', 'run_failures'];
const ADD_EFFECTS = `ON CONFLICT (tool, scenario) DO UPDATE SET ${FIGURES.map((name) => `${name} = archive_effects.${name} + excluded.${name}`).join(', ')}`;
export const FORMAT = 'format:';
export const LICENSE = 'license:';

/** What one transaction changes in the sums: written at once, and the same for adding and for taking away. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #effects = new Map<string, Effect>();

  count(name: string, by: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  run({ format, license, success, rawBytes, tools }: Counted, sign: 1 | -1): void {
    this.count('runs', sign);
    this.count('raw', sign * rawBytes);
    this.count(`${FORMAT}${label(format)}`, sign);
    this.count(`${LICENSE}${label(license ?? 'unknown')}`, sign);
    for (const [tool, scenario, calls, successes] of tools.uses) {
      const effect = this.#effect(tool, scenario);
      effect.calls += sign * calls;
      effect.successes += sign * successes;
      effect.runs += sign;
      if (success === true) effect.runSuccesses += sign;
      if (success === false) effect.runFailures += sign;
    }
  }

  async write(sql: Sql): Promise<void> {
    const effects = [...this.#effects.values()];
    await insertRows(
      sql,
      `archive_effects (tool, scenario, ${FIGURES.join(', ')})`,
      effects.map((e) => [e.tool, e.scenario, e.calls, e.successes, e.runs, e.runSuccesses, e.runFailures]),
      ADD_EFFECTS,
    );
    // A run that used a tool called it at least once.
    if (effects.some(({ calls }) => calls < 0)) await sql.run('DELETE FROM archive_effects WHERE runs = 0');
    await insertRows(
      sql,
      'archive_counts (name, n)',
      [...this.#counts].filter(([, by]) => by !== 0),
      'ON CONFLICT (name) DO UPDATE SET n = archive_counts.n + excluded.n',
    );
  }

  #effect(tool: string, scenario: string): Effect {
    const key = JSON.stringify([tool, scenario]);
    let effect = this.#effects.get(key);
    if (effect === undefined) {
      effect = { tool, scenario, calls: 0, successes: 0, runs: 0, runSuccesses: 0, runFailures: 0 };
      this.#effects.set(key, effect);
    }
    return effect;
  }
}
