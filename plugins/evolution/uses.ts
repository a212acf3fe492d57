import type { Storage } from '#plugins/storage/api';
import type { ToolLearning, ToolStatistics } from '#plugins/tool-registry/api';
import type { Counted } from '#plugins/trajectory-archive/api';

/** A call that was called off says nothing of the tool. */
export const countedOf = ({ calls, cancelled, ok }: ToolStatistics): Counted => ({
  uses: calls - cancelled,
  successes: ok,
});
export const NOTHING: Counted = { uses: 0, successes: 0 };
export const sum = (one: Counted, other: Counted): Counted => ({
  uses: one.uses + other.uses,
  successes: one.successes + other.successes,
});
/** Never less than nothing: a database that lost rows has counted anew. */
export function difference(now: Counted, then: Counted): Counted {
  const uses = Math.max(0, now.uses - then.uses);
  return { uses, successes: Math.min(uses, Math.max(0, now.successes - then.successes)) };
}

/**
 * How tools did, over all processes. Marks stand in the count of each tool, `baselineUses` apart: what is behind the last but
 * one are its newest uses, which a change is compared with; how it did years ago does not count.
 */
export class Uses {
  readonly #storage: Storage;
  readonly #learning: ToolLearning;
  readonly #apart: number;

  constructor(storage: Storage, learning: ToolLearning, apart: number) {
    this.#storage = storage;
    this.#learning = learning;
    this.#apart = apart;
  }

  /** Over all times, of several tools together. */
  async of(tools: readonly string[]): Promise<Counted> {
    const totals = await this.#learning.totals(tools);
    return [...totals.values()].map(countedOf).reduce(sum, NOTHING);
  }

  /**
   * What a change of these tools is compared with: their newest uses together, or what is known from elsewhere, where there
   * are more of those and too few here.
   */
  async baseline(tools: readonly string[], known: Counted, enough: number): Promise<Counted> {
    const here = await this.#newest(tools);
    return here.uses < enough && known.uses > here.uses ? known : here;
  }

  async #newest(tools: readonly string[]): Promise<Counted> {
    const totals = await this.#learning.totals(tools);
    let all = NOTHING;
    for (const [tool, statistics] of totals) {
      const mark = await this.#storage.get('SELECT * FROM evolution_marks WHERE tool = ?', [tool]);
      const former: Counted = { uses: Number(mark?.former_uses ?? 0), successes: Number(mark?.former_successes ?? 0) };
      all = sum(all, difference(countedOf(statistics), former));
    }
    return all;
  }

  async mark(totals: ReadonlyMap<string, ToolStatistics>): Promise<void> {
    const marks = new Map<string, number>();
    for (const row of await this.#storage.all('SELECT tool, uses FROM evolution_marks'))
      marks.set(String(row.tool), Number(row.uses));
    for (const [tool, statistics] of totals) {
      const { uses, successes } = countedOf(statistics);
      const last = marks.get(tool) ?? 0;
      if (uses - last < this.#apart) continue;
      // Of two processes that do so at once, one moves it.
      await this.#storage.run(
        `INSERT INTO evolution_marks (tool, former_uses, former_successes, uses, successes) VALUES (?, 0, 0, ?, ?)
          ON CONFLICT (tool) DO UPDATE SET former_uses = evolution_marks.uses,
            former_successes = evolution_marks.successes, uses = excluded.uses, successes = excluded.successes
            WHERE evolution_marks.uses = ?`,
        [tool, uses, successes, last],
      );
    }
  }
}
