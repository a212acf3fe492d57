import type { ObservedCall, ToolStatistics } from './api.ts';
import type { RegistryStore } from './store.ts';

type Sums = { -readonly [K in keyof ToolStatistics]: ToolStatistics[K] };
const zero = (): Sums => ({
  calls: 0,
  ok: 0,
  toolErrors: 0,
  errors: 0,
  timeouts: 0,
  cancelled: 0,
  durationMsSum: 0,
  durationMsMax: 0,
  resultBytesSum: 0,
  lastCallAt: 0,
});

const FIELD = {
  ok: 'ok',
  tool_error: 'toolErrors',
  error: 'errors',
  timeout: 'timeouts',
  cancelled: 'cancelled',
} as const;

/** Counts in memory; what is not yet written is kept apart, so that several processes can add to one database. */
export class Statistics {
  readonly #totals = new Map<string, Sums>();
  #unwritten = new Map<string, Sums>();
  #writing: Promise<void> = Promise.resolve();

  load(toolId: string, statistics: ToolStatistics): void {
    this.#totals.set(toolId, { ...statistics });
  }

  observe(call: ObservedCall): void {
    count(slot(this.#totals, call.tool), call);
    count(slot(this.#unwritten, call.tool), call);
  }

  of(toolId: string): ToolStatistics | undefined {
    const sums = this.#totals.get(toolId);
    return sums && { ...sums };
  }

  /** What was counted since the last take. */
  take(): ReadonlyMap<string, ToolStatistics> {
    const taken = this.#unwritten;
    this.#unwritten = new Map();
    return taken;
  }

  /** Resolves when all that was counted until now is in the database; what it refuses waits for the next time. */
  write(store: Pick<RegistryStore, 'addStatistics'>): Promise<void> {
    const writing = this.#writing.then(() => this.#write(store));
    this.#writing = writing.catch(() => undefined);
    return writing;
  }

  async #write(store: Pick<RegistryStore, 'addStatistics'>): Promise<void> {
    const counted = this.take();
    if (counted.size === 0) return;
    try {
      await store.addStatistics(counted);
    } catch (error) {
      this.#giveBack(counted);
      throw error;
    }
  }

  #giveBack(taken: ReadonlyMap<string, ToolStatistics>): void {
    for (const [toolId, sums] of taken) add(slot(this.#unwritten, toolId), sums);
  }

  /** Calls that another copy of the registry counted and did not write. */
  adopt(unwritten: ReadonlyMap<string, ToolStatistics>): void {
    for (const [toolId, sums] of unwritten) {
      add(slot(this.#totals, toolId), sums);
      add(slot(this.#unwritten, toolId), sums);
    }
  }
}

function slot(of: Map<string, Sums>, toolId: string): Sums {
  let sums = of.get(toolId);
  if (!sums) {
    sums = zero();
    of.set(toolId, sums);
  }
  return sums;
}

function count(sums: Sums, call: ObservedCall): void {
  sums.calls++;
  sums[FIELD[call.outcome]]++;
  sums.durationMsSum += call.durationMs;
  if (call.durationMs > sums.durationMsMax) sums.durationMsMax = call.durationMs;
  sums.resultBytesSum += call.resultBytes;
  sums.lastCallAt = Date.now();
}

function add(sums: Sums, more: ToolStatistics): void {
  for (const key of Object.keys(sums) as (keyof Sums)[])
    sums[key] =
      key === 'durationMsMax' || key === 'lastCallAt' ? Math.max(sums[key], more[key]) : sums[key] + more[key];
}
