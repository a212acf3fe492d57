import { isFault, type Log, reason } from '#kernel';
import type { Approval, Policy } from '#plugins/policy/api';
import type { EvolutionConfig } from './config.ts';
import type { Kept, ProposalTable } from './proposal-table.ts';

export interface Permitted {
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly rule: string;
  readonly reason: string;
  readonly hint: string;
}

/** Approvals are only looked at, not waited for: `decided` waits for one that is open until this is over. */
const LOOK_MS = 500;

/** May it be applied? The option `apply` and the rules of policy both say so, and the stricter counts. */
export class Consent {
  readonly #policy: Policy | undefined;
  readonly #table: ProposalTable;
  readonly #apply: EvolutionConfig['apply'];
  readonly #log: Log;

  constructor(policy: Policy | undefined, table: ProposalTable, apply: EvolutionConfig['apply'], log: Log) {
    this.#policy = policy;
    this.#table = table;
    this.#apply = apply;
    this.#log = log;
  }

  permitted({ kind, subject, tools }: Kept): Permitted {
    const hint = 'set apply of plugin evolution in the pipeline';
    if (this.#apply === 'never') return { verdict: 'deny', rule: 'evolution.apply', reason: 'apply is "never".', hint };
    // No server has a dot in its id: this is the name of no tool.
    const ruling = this.#policy?.permission({ tool: `evolution.apply/${kind}`, args: { subject, tools: [...tools] } });
    if (ruling?.verdict === 'deny' || (ruling?.verdict === 'ask' && this.#apply === 'auto')) return ruling;
    return {
      verdict: this.#apply === 'ask' ? 'ask' : 'allow',
      rule: 'evolution.apply',
      reason: `apply is "${this.#apply}".`,
      hint,
    };
  }

  /** Puts it before a person, where there is a place for that; it may be applied by hand in any case. */
  async ask(proposal: Kept, permitted: Permitted): Promise<void> {
    if (this.#policy === undefined || proposal.approval !== undefined) return;
    const { id, kind, subject, before, after, grounds } = proposal;
    try {
      const approval = await this.#policy.approval({
        kind: 'improvement',
        subject: `${kind} of ${subject} (${id})`,
        principal: 'evolution',
        reason: grounds.slice(0, 500),
        rule: permitted.rule,
        detail: { proposal: id, kind, subject, before, after, grounds },
      });
      await this.#table.awaits(id, approval.id);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#log.debug('A proposal could not be put before a person yet.', { id, reason: reason(error) });
    }
  }

  /** Those that a person has decided by now. */
  async decided(
    waiting: readonly Kept[],
  ): Promise<readonly { readonly proposal: Kept; readonly approval: Approval }[]> {
    const policy = this.#policy;
    const asked = waiting.filter(({ approval }) => approval !== undefined);
    if (policy === undefined || asked.length === 0) return [];
    const looking = new AbortController();
    const timer = setTimeout(() => looking.abort(), LOOK_MS);
    try {
      const found = await Promise.allSettled(
        asked.map(async (proposal) => ({
          proposal,
          approval: await policy.decided(proposal.approval!, looking.signal),
        })),
      );
      return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    } finally {
      clearTimeout(timer);
    }
  }
}
