import type { Delta } from './delta.ts';

export interface RunSum {
  hold: number;
  closed: number;
  begun: string | null;
  startedAt: number | null;
  ended: string | null;
  steps: number;
  scenario: string | null;
  scenarioStep: number;
  firstByte: number;
  lastByte: number;
}
export interface ToolSum {
  readonly tool: string;
  readonly scenario: string;
  calls: number;
  successes: number;
  totalMs: number;
  lastUsedAt: number;
}

/** Rows that one transaction touches; the embedded database works in this thread. */
const MOST_ROWS = 50;

/** What a stretch of one segment adds to the index, summed up. */
export class Batch {
  readonly segment: string;
  readonly from: number;
  readonly runs = new Map<string, RunSum>();
  readonly tools = new Map<string, ToolSum>();
  #to: number;

  constructor(segment: string, from: number) {
    this.segment = segment;
    this.from = from;
    this.#to = from;
  }

  get to(): number {
    return this.#to;
  }
  get full(): boolean {
    return this.runs.size + this.tools.size >= MOST_ROWS;
  }

  /** Nothing to count until there: the line is damaged. */
  skipTo(to: number): void {
    this.#to = to;
  }

  add(delta: Delta): void {
    this.#to = delta.to;
    const run = this.#run(delta);
    run.lastByte = delta.to;
    if (delta.hold !== undefined) run.hold = Math.max(run.hold, delta.hold);
    if (delta.closed !== undefined) run.closed = Math.max(run.closed, delta.closed);
    if (delta.begun !== undefined) {
      run.begun = delta.begun;
      run.startedAt = Math.round(delta.startedAt ?? 0);
    }
    if (delta.ended !== undefined) run.ended = delta.ended;
    if (delta.step !== undefined) {
      run.steps = Math.max(run.steps, delta.step);
      if (delta.scenario !== undefined && delta.step > run.scenarioStep) {
        run.scenario = delta.scenario;
        run.scenarioStep = delta.step;
      }
    }
    if (delta.use !== undefined) {
      const sum = this.#tool(delta.use);
      sum.calls++;
      if (delta.use.success) sum.successes++;
      sum.totalMs += delta.use.ms;
      sum.lastUsedAt = Math.max(sum.lastUsedAt, Math.round(delta.use.at));
    }
  }

  #run({ run, from }: Delta): RunSum {
    let sum = this.runs.get(run);
    if (sum === undefined) {
      const none = { begun: null, startedAt: null, ended: null, scenario: null };
      sum = { hold: 0, closed: 0, ...none, steps: 0, scenarioStep: 0, firstByte: from, lastByte: from };
      this.runs.set(run, sum);
    }
    return sum;
  }

  #tool({ tool, scenario }: NonNullable<Delta['use']>): ToolSum {
    const key = JSON.stringify([tool, scenario]);
    let sum = this.tools.get(key);
    if (sum === undefined) {
      sum = { tool, scenario, calls: 0, successes: 0, totalMs: 0, lastUsedAt: 0 };
      this.tools.set(key, sum);
    }
    return sum;
  }
}
