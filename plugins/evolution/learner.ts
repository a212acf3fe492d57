import { type Fault, fault, type Log, reason } from '#kernel';
import type { Approval } from '#plugins/policy/api';
import type { ToolLearning } from '#plugins/tool-registry/api';
import type { Evolution, Proposal, ProposalKind, ProposalState } from './api.ts';
import type { EvolutionConfig } from './config.ts';
import type { Consent } from './consent.ts';
import type { Measuring } from './measuring.ts';
import { Overlay } from './overlay.ts';
import type { Kept, ProposalTable } from './proposal-table.ts';
import type { Proposing } from './proposing.ts';
import type { Uses } from './uses.ts';

export interface LearnerParts {
  readonly learning: ToolLearning;
  readonly table: ProposalTable;
  readonly uses: Uses;
  readonly consent: Consent;
  readonly measuring: Measuring;
  /** Imported when it is first needed: most of the time nothing is proposed. */
  readonly proposing: () => Promise<Proposing>;
  readonly config: EvolutionConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const DAY_MS = 86_400_000;
const WHY = 500;

/** Proposes, applies, measures, and takes back; one step at a time, so that each sees what the one before did. */
export class Learner implements Evolution {
  readonly #parts: LearnerParts;
  readonly #overlay: Overlay;
  #queue: Promise<unknown> = Promise.resolve();
  /** Tools of changes that are measured, and uses of them since the last judgement. */
  #measured: ReadonlySet<string> = new Set();
  #fresh = 0;
  #judging = false;
  counts: Record<ProposalState, number> = { waiting: 0, measuring: 0, kept: 0, reverted: 0, denied: 0 };
  lookedAt: number | undefined;
  problem: string | undefined;

  constructor(parts: LearnerParts) {
    this.#parts = parts;
    this.#overlay = new Overlay(parts.learning);
  }

  async proposals(
    filter: { readonly state?: ProposalState; readonly kind?: ProposalKind } = {},
  ): Promise<readonly Proposal[]> {
    const { table, measuring } = this.#parts;
    const { state, kind } = filter;
    const all = await table.list({ state, kind });
    return Promise.all(
      all.map(async (each) =>
        proposalOf(each.state === 'measuring' ? { ...each, since: await measuring.since(each) } : each),
      ),
    );
  }

  propose(signal?: AbortSignal): Promise<readonly Proposal[]> {
    return this.#next(async () => {
      const { table, proposing, signal: ending } = this.#parts;
      const end = signal === undefined ? ending : AbortSignal.any([signal, ending]);
      end.throwIfAborted();
      await this.#judge();
      const made = await (await proposing()).propose(end);
      await this.#settle(end);
      const { keepDays } = this.#parts.config.limits;
      await table.forget(Date.now() - keepDays * DAY_MS);
      await this.#sync();
      this.lookedAt = Date.now();
      const ids = new Set(made.map(({ id }) => id));
      return (await table.list()).filter(({ id }) => ids.has(id)).map(proposalOf);
    });
  }

  apply(id: string): Promise<Proposal> {
    return this.#next(async () => {
      const { table, consent } = this.#parts;
      const proposal = await table.get(id);
      if (proposal.state !== 'waiting') throw wrongState(proposal, 'waiting');
      const { verdict, rule, reason: why, hint } = consent.permitted(proposal);
      // Who may call this may decide what a person is asked for.
      if (verdict === 'deny')
        throw fault('PROPOSAL_DENIED', `proposal "${id}" may not be applied by rule "${rule}": ${why}`, {
          kind: 'forbidden',
          hint,
          data: { rule },
        });
      if (!(await this.#apply(proposal))) throw wrongState(await table.get(id), 'waiting');
      await this.#sync();
      return proposalOf(await table.get(id));
    });
  }

  revert(id: string, why: string): Promise<Proposal> {
    return this.#next(async () => {
      const { table, measuring } = this.#parts;
      const proposal = await table.get(id);
      const since = proposal.state === 'measuring' ? await measuring.since(proposal) : undefined;
      const said = why.slice(0, WHY) || 'taken back by hand';
      if (!(await table.end(id, 'reverted', said, ['waiting', 'measuring', 'kept'], since)))
        throw wrongState(await table.get(id), 'waiting, measuring or kept');
      await this.#sync();
      return proposalOf(await table.get(id));
    });
  }

  /** At start, and after another version or process may have changed something. */
  sync(): Promise<void> {
    return this.#next(() => this.#sync());
  }

  /** Called for every finished call: costs next to nothing where the tool is not measured. */
  used(tool: string): void {
    if (!this.#measured.has(tool)) return;
    this.#fresh++;
    if (this.#fresh < this.#parts.config.measure.everyUses || this.#judging) return;
    this.#judging = true;
    this.#inBackground(async () => {
      this.#fresh = 0;
      this.#judging = false;
      await this.#judge();
    });
  }

  decided(approval: Approval): void {
    if (approval.kind !== 'improvement' || approval.state === 'open') return;
    this.#inBackground(async () => {
      const waiting = await this.#parts.table.list({ state: 'waiting' });
      for (const proposal of waiting) if (proposal.approval === approval.id) await this.#follow(proposal, approval);
      await this.#sync();
    });
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#overlay.clear();
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  #inBackground(work: () => Promise<void>): void {
    this.#next(async () => {
      if (!this.#parts.signal.aborted) await work();
    }).catch((error: unknown) => {
      if (!this.#parts.signal.aborted) this.#parts.log.warn('A step of learning failed.', { reason: reason(error) });
    });
  }

  async #judge(): Promise<void> {
    const { table, measuring } = this.#parts;
    if (await measuring.judge(await table.list({ state: 'measuring' }))) await this.#sync();
  }

  /** What waits, and may be applied by now, or never. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { table, uses, consent, config } = this.#parts;
    const waiting = await table.list({ state: 'waiting' });
    for (const { proposal, approval } of await consent.decided(waiting)) await this.#follow(proposal, approval);
    const busy = new Set((await table.list({ state: 'measuring' })).flatMap(({ tools }) => tools));
    for (const proposal of waiting.reverse()) {
      signal.throwIfAborted();
      const permitted = consent.permitted(proposal);
      if (permitted.verdict === 'ask') await consent.ask(proposal, permitted);
      // One change at a time: of two nobody could tell which it was. And none that could not be measured.
      if (permitted.verdict !== 'allow' || proposal.tools.some((tool) => busy.has(tool))) continue;
      if ((await uses.baseline(proposal.tools, proposal.known, config.minUses)).uses < config.minUses) continue;
      if (await this.#apply(proposal)) for (const tool of proposal.tools) busy.add(tool);
    }
  }

  async #follow(proposal: Kept, { state, decidedBy = 'a person', comment }: Approval): Promise<void> {
    if (state === 'approved') await this.#apply(proposal);
    if (state !== 'denied') return;
    const why = `denied by ${decidedBy}${comment === undefined ? '' : `: ${comment}`}`;
    await this.#parts.table.end(proposal.id, 'denied', why.slice(0, WHY), ['waiting']);
  }

  async #apply({ id, kind, subject, tools, known }: Kept): Promise<boolean> {
    const { table, uses, config, log } = this.#parts;
    const baseline = await uses.baseline(tools, known, config.minUses);
    const applied = await table.apply(id, baseline, await uses.of(tools));
    if (applied) log.info('A change is applied and measured.', { id, kind, subject });
    return applied;
  }

  async #sync(): Promise<void> {
    const { table } = this.#parts;
    const applied = await table.applied();
    if (this.#parts.signal.aborted) return;
    this.#overlay.show(applied);
    this.#measured = new Set(applied.flatMap(({ state, tools }) => (state === 'measuring' ? tools : [])));
    this.counts = await table.counts();
  }
}

const wrongState = ({ id, state }: Proposal, wanted: string): Fault =>
  fault('PROPOSAL_STATE', `proposal "${id}" is ${state}, not ${wanted}`, {
    kind: 'conflict',
    hint: 'GET /api/v1/evolution/proposals tells the states',
    data: { state },
  });

const proposalOf = ({
  id,
  kind,
  subject,
  before,
  after,
  grounds,
  state,
  at,
  baseline,
  since,
  why,
}: Kept): Proposal => ({
  id,
  kind,
  subject,
  before,
  after,
  grounds,
  state,
  at,
  baseline,
  since,
  ...(why !== undefined && { why }),
});
