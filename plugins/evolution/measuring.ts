import type { Log } from '#kernel';
import type { Counted } from '#plugins/trajectory-archive/api';
import type { EvolutionConfig } from './config.ts';
import { leastPercent, mostPercent, ofUses } from './drafts/shown-figures.ts';
import type { Kept, ProposalTable } from './proposal-table.ts';
import { difference, type Uses } from './uses.ts';
import { verdict } from './verdict.ts';

/** Judges what was applied: keeps it, takes it back, or goes on counting. */
export class Measuring {
  readonly #table: ProposalTable;
  readonly #uses: Uses;
  readonly #config: EvolutionConfig;
  readonly #log: Log;

  constructor(table: ProposalTable, uses: Uses, config: EvolutionConfig, log: Log) {
    this.#table = table;
    this.#uses = uses;
    this.#config = config;
    this.#log = log;
  }

  async since({ tools, from }: Kept): Promise<Counted> {
    return difference(await this.#uses.of(tools), from);
  }

  /** True where a state has changed. */
  async judge(measured: readonly Kept[]): Promise<boolean> {
    let changed = false;
    for (const proposal of measured) {
      const since = await this.since(proposal);
      const found = verdict(proposal.baseline, since, this.#config.measure.keepUses);
      if (found === 'open') continue;
      const state = found === 'worse' ? 'reverted' : 'kept';
      const why = whyOf(found, proposal.baseline, since);
      // Of several processes that find the same, one writes it down.
      if (!(await this.#table.end(proposal.id, state, why, ['measuring'], since))) continue;
      changed = true;
      const { id, kind, subject } = proposal;
      this.#log.info(`A change is ${state}.`, { id, kind, subject, why });
    }
    return changed;
  }
}

const whyOf = (found: 'worse' | 'fine', baseline: Counted, since: Counted): string =>
  found === 'worse'
    ? `worse than before, beyond chance: ${ofUses(since)} uses succeeded since (at most ${mostPercent(since)}), ${ofUses(baseline)} before (at least ${leastPercent(baseline)})`
    : `not worse than before: ${ofUses(since)} uses succeeded since, ${ofUses(baseline)} before`;
