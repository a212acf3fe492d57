import type { Budget, StopReason } from './api.ts';

/** What a run used up; goes into its record, and from there into the budget of the run that goes on. */
export interface Spent {
  readonly steps: number;
  readonly tokens: number;
  readonly usd: number;
  /** Time in which it ran; between an interruption and its resumption none passes. */
  readonly wallMs: number;
}

const LOOK_MS = 20;
/** The longest that a timer takes; a longer one ends at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * All limits of a run in one object. Asked before each model call (`exceeded`) and told after it (`spend`), so that a run
 * costs at most one call more than its money; calls that go on side by side may each be that one. Time is taken from a
 * clock that cannot be set.
 */
export class RunBudget {
  /** What counts: of each limit the tighter one. */
  readonly limits: Budget;
  readonly #before: Spent;
  readonly #clock: () => number;
  readonly #began: number;
  /** Of the agent that gave the task: what is spent here is spent there, too, and as it is spent. */
  readonly #parent: RunBudget | undefined;
  /** Waits for people: how many there are, since when, and what those took that are over. */
  #waits = 0;
  #waitsSince = 0;
  #waited = 0;
  #steps: number;
  #tokens: number;
  #usd: number;

  /** `clock`: milliseconds that only grow. */
  constructor(
    limits: Budget,
    wanted: Partial<Budget> = {},
    spent: Spent = { steps: 0, tokens: 0, usd: 0, wallMs: 0 },
    clock: () => number = () => performance.now(),
    parent?: RunBudget,
  ) {
    this.#parent = parent;
    this.limits = {
      steps: tighter(limits.steps, wanted.steps),
      tokens: tighter(limits.tokens, wanted.tokens),
      usd: tighter(limits.usd, wanted.usd),
      wallMs: tighter(limits.wallMs, wanted.wallMs),
      depth: tighter(limits.depth, wanted.depth),
    };
    this.#before = spent;
    this.#clock = clock;
    this.#began = clock();
    this.#steps = amount(spent.steps);
    this.#tokens = amount(spent.tokens);
    this.#usd = amount(spent.usd);
  }

  get spent(): Spent {
    const now = this.#clock();
    const waited = this.#waited + (this.#waits > 0 ? now - this.#waitsSince : 0);
    const wallMs = amount(this.#before.wallMs) + Math.max(0, now - this.#began - waited);
    return { steps: this.#steps, tokens: this.#tokens, usd: this.#usd, wallMs };
  }

  /** A model call: one step, and what it took. */
  spend(used: { readonly tokens: number; readonly usd: number }): void {
    this.charge({ ...used, steps: 1 });
  }

  /** What was spent at once, such as all that a sub-agent spent before a restart. */
  charge(used: { readonly steps?: number; readonly tokens: number; readonly usd: number }): void {
    this.#steps += amount(used.steps ?? 0);
    this.#tokens += amount(used.tokens);
    this.#usd += amount(used.usd);
    this.#parent?.charge(used);
  }

  /** The time until the undo is that of a person, and is not counted. */
  pause(): () => void {
    const resume = this.#parent?.pause();
    if (this.#waits++ === 0) this.#waitsSince = this.#clock();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      resume?.();
      if (--this.#waits === 0) this.#waited += this.#clock() - this.#waitsSince;
    };
  }

  /** Why there must be no further model call; undefined while there may be one. */
  exceeded(): StopReason | undefined {
    const { steps, tokens, usd, wallMs } = this.limits;
    const spent = this.spent;
    if (spent.usd >= usd) return { kind: 'budget_usd', message: `it cost ${money(spent.usd)} of ${money(usd)}` };
    if (spent.tokens >= tokens)
      return { kind: 'budget_tokens', message: `it used ${spent.tokens} of ${tokens} tokens` };
    if (spent.wallMs >= wallMs)
      return { kind: 'budget_time', message: `it took ${Math.round(spent.wallMs)} of ${wallMs} ms` };
    if (spent.steps >= steps) return { kind: 'budget_steps', message: `it made ${spent.steps} of ${steps} steps` };
    return this.#parent?.exceeded();
  }

  /** Why a task may not be given to an agent so deep below the first one, which is at 0. */
  tooDeep(depth: number): StopReason | undefined {
    if (depth <= this.limits.depth) return undefined;
    return { kind: 'budget_depth', message: `agents may give tasks on ${this.limits.depth} deep, not ${depth}` };
  }

  /** For an agent that works for this one. Its own limits are the same, and all of this one's hold. */
  below(spent?: Spent): RunBudget {
    return new RunBudget(this.limits, {}, spent, this.#clock, this);
  }

  /** Aborted when its time is over, for what goes on between two checks; `end` gives the timer back. */
  deadline(): { readonly signal: AbortSignal; readonly end: () => void } {
    const over = new AbortController();
    let timer: NodeJS.Timeout;
    const look = (): void => {
      const left = this.limits.wallMs - this.spent.wallMs;
      if (left <= 0) over.abort(new Error('the time of the run is over'));
      // At least a moment: in a wait for a person no time passes.
      else timer = setTimeout(look, Math.min(Math.max(left, LOOK_MS), LONGEST_TIMER_MS));
    };
    look();
    return { signal: over.signal, end: () => clearTimeout(timer) };
  }
}

/** What is no number of its own right sets no limit, and must not lift one. */
const tighter = (limit: number, wanted: number | undefined): number =>
  wanted === undefined || Number.isNaN(wanted) ? limit : Math.min(limit, Math.max(0, wanted));

/** What a provider reports may be missing or wrong; money never comes back. */
const amount = (value: number): number => (value > 0 ? value : 0);
const money = (usd: number): string => `$${usd < 1 ? usd.toFixed(4) : usd.toFixed(2)}`;
