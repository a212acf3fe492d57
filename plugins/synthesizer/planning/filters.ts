import type { Storage } from '#plugins/storage/api';
import type { Contamination, ListedTask, NearDuplicates, TaskSimilarity } from '#plugins/task-similarity/api';
import { textHash } from '../asking/call-key.ts';
import type { Lead } from '../store/lead.ts';
import { madeInOrder, putDecision, reopenDecisions, type SeedRow, seedRows } from '../store/seed-table.ts';
import { readState, writeState } from '../store/state.ts';

const STATE = 'filters';

interface Drop {
  readonly filter: string;
  readonly why: string;
}

/**
 * Keeps seeds or drops them, in the order of their plans, whatever order they were made in: so the same seeds are kept
 * however often the work was cut off. Decisions stand as long as the filters are the same.
 */
export class Filters {
  readonly #storage: Storage;
  readonly #lead: Lead;
  readonly #similarity: TaskSimilarity;
  readonly #threshold: number;
  readonly #contamination: Contamination;
  readonly #hash: string;
  #kept: NearDuplicates | undefined;

  constructor(
    parts: { readonly storage: Storage; readonly lead: Lead; readonly similarity: TaskSimilarity },
    options: { readonly nearDuplicate: number; readonly listed: readonly ListedTask[] },
  ) {
    this.#storage = parts.storage;
    this.#lead = parts.lead;
    this.#similarity = parts.similarity;
    this.#threshold = options.nearDuplicate;
    this.#contamination = parts.similarity.contamination(options.listed);
    this.#hash = textHash(JSON.stringify([options.nearDuplicate, options.listed]));
  }

  /** What other filters decided (another list, another threshold) is to be decided again; whether it is. */
  async reopen(): Promise<boolean> {
    const before = await readState(this.#storage, STATE);
    if (before === this.#hash) return false;
    this.#kept = undefined;
    await this.#storage.transaction(async (sql) => {
      await this.#lead.guard(sql);
      if (before !== undefined) await reopenDecisions(sql);
      await writeState(sql, STATE, this.#hash);
    });
    return before !== undefined;
  }

  /** How many were decided: those before the first that is not made yet. */
  async decide(): Promise<number> {
    const ready = await madeInOrder(this.#storage);
    if (ready.length === 0) return 0;
    this.#kept ??= await this.#remembered();
    const decisions = ready.map((row) => putDecision(row.id, this.#judge(row, this.#kept!)));
    try {
      await this.#storage.transaction(async (sql) => {
        await this.#lead.guard(sql);
        for (const [statement, values] of decisions) await sql.run(statement, values);
      });
    } catch (error) {
      this.#kept = undefined;
      throw error;
    }
    return ready.length;
  }

  /** Seeds went. */
  forget(): void {
    this.#kept = undefined;
  }

  #judge(row: SeedRow, kept: NearDuplicates): Drop | undefined {
    const refused = row.verdicts.find(({ verdict }) => verdict === 'failed');
    if (refused !== undefined) return { filter: `check:${refused.check}`, why: refused.why ?? 'it failed' };
    const text = row.draft!.description;
    const listed = this.#contamination.find(text);
    if (listed !== undefined)
      return { filter: 'contaminated', why: `holds task "${listed.of}" of the list (${share(listed.similarity)})` };
    const same = kept.find(text);
    // A harder seed resembles what it was made of; that is not what the filter is about.
    if (same !== undefined && row.parents.includes(same.of)) return undefined;
    if (same === undefined) {
      kept.add(row.task_id!, text);
      return undefined;
    }
    return { filter: 'near-duplicate', why: `nearly repeats ${same.of} (${share(same.similarity)})` };
  }

  async #remembered(): Promise<NearDuplicates> {
    const kept = this.#similarity.nearDuplicates({ threshold: this.#threshold });
    for (const row of await seedRows(this.#storage, ['kept'])) kept.add(row.task_id!, row.draft!.description);
    return kept;
  }
}

const share = (similarity: number): string => similarity.toFixed(2);
