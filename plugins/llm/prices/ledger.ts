import type { Spending, Usage } from '../api.ts';

type Sum = { -readonly [K in keyof Spending]: Spending[K] };

const nothing = (): Sum => ({
  calls: 0,
  unpriced: 0,
  usd: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
});

/** What was used since the start, by model and by run; runs that were not used for long are forgotten. */
export class Ledger {
  readonly #runsKept: number;
  #models = new Map<string, Sum>();
  #runs = new Map<string, Sum>();

  constructor(runsKept: number) {
    this.#runsKept = runsKept;
  }

  add(of: { readonly model: string; readonly run?: string }, usage: Usage | undefined, usd: number | undefined): void {
    book(this.#models, of.model, usage, usd);
    if (of.run === undefined) return;
    const sum = book(this.#runs, of.run, usage, usd);
    this.#runs.delete(of.run);
    this.#runs.set(of.run, sum);
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= this.#runsKept) break;
      this.#runs.delete(oldest);
    }
  }

  spent({ run, model }: { readonly run?: string; readonly model?: string }): Spending {
    const sum = run !== undefined ? this.#runs.get(run) : model !== undefined ? this.#models.get(model) : undefined;
    return { ...(sum ?? nothing()) };
  }

  get state(): unknown {
    return { models: [...this.#models], runs: [...this.#runs] };
  }
  set state(state: unknown) {
    const { models, runs } = state as { models: [string, Sum][]; runs: [string, Sum][] };
    this.#models = new Map(models);
    this.#runs = new Map(runs);
  }
}

function book(sums: Map<string, Sum>, key: string, usage: Usage | undefined, usd: number | undefined): Sum {
  const sum = sums.get(key) ?? nothing();
  sums.set(key, sum);
  sum.calls++;
  if (usage === undefined) return sum;
  sum.input += usage.input;
  sum.output += usage.output;
  sum.cacheRead += usage.cacheRead ?? 0;
  sum.cacheWrite += usage.cacheWrite ?? 0;
  sum.reasoning += usage.reasoning ?? 0;
  if (usd === undefined) sum.unpriced++;
  else sum.usd += usd;
  return sum;
}
