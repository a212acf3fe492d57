import type { Log } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { ToolLearning, ToolRegistry } from '#plugins/tool-registry/api';
import type { EvolutionConfig } from './config.ts';
import { ownDescription, worded } from './drafts/description.ts';
import type { Draft } from './drafts/draft.ts';
import { draftsOf } from './drafts/drafts.ts';
import { type Facts, ModelWording } from './drafts/model-wording.ts';
import { type Evidence, Gatherer, type Sources } from './evidence/gather.ts';
import { idOf, type Kept, type ProposalTable } from './proposal-table.ts';
import { NOTHING, sum, type Uses } from './uses.ts';

export interface ProposingParts extends Sources {
  readonly registry: ToolRegistry;
  readonly learning: ToolLearning;
  readonly llm: Llm | undefined;
  readonly table: ProposalTable;
  readonly uses: Uses;
  readonly config: EvolutionConfig;
  readonly log: Log;
}

/** Turns what the statistics suggest into proposals that were not made before. */
export class Proposing {
  readonly #parts: ProposingParts;
  readonly #gatherer: Gatherer;
  readonly #wording: ModelWording | undefined;

  constructor(parts: ProposingParts) {
    this.#parts = parts;
    this.#gatherer = new Gatherer(parts, parts.config.limits);
    const { llm, config, log } = parts;
    this.#wording = llm && new ModelWording(llm, config, log);
  }

  forget(run: string): void {
    this.#gatherer.forget(run);
  }

  /** The new ones. */
  async propose(signal: AbortSignal): Promise<readonly Kept[]> {
    const { registry, learning, table, uses, config } = this.#parts;
    const totals = await learning.totals();
    await uses.mark(totals);
    const evidence = await this.#gatherer.gather(registry.snapshot, totals, signal);
    const known = await table.list();
    const ids = new Set(known.map(({ id }) => id));
    const resting = Date.now() - config.measure.restMs;
    const made: Kept[] = [];
    let calls = 0;
    let waiting = known.filter(({ state }) => state === 'waiting').length;
    for (const draft of draftsOf(evidence, config)) {
      signal.throwIfAborted();
      if (made.length >= config.limits.newOnes) break;
      if (ids.has(idOf(draft))) continue;
      const former = known.filter(({ kind, subject }) => kind === draft.kind && subject === draft.subject);
      if (former.some(({ state }) => state === 'measuring')) continue;
      if (former.some((each) => wasTakenBack(each) && each.changedAt > resting)) continue;
      const overtaken = former.find(({ state }) => state === 'waiting');
      if (overtaken !== undefined) {
        if (await table.end(overtaken.id, 'reverted', 'newer figures say something else', ['waiting'])) waiting--;
      }
      if (waiting >= config.limits.waiting) continue;
      const facts = draft.facts !== undefined && calls < config.llm.calls ? draft.facts : undefined;
      if (facts !== undefined && this.#hasModel) calls++;
      const knownUses = draft.tools.map((id) => evidence.tools.get(id)?.known ?? NOTHING).reduce(sum, NOTHING);
      const baseline = await uses.baseline(draft.tools, knownUses, config.minUses);
      const added = await table.insert(await this.#worded(draft, facts, evidence, signal), knownUses, baseline);
      if (added === undefined) continue;
      waiting++;
      made.push(added);
    }
    return made;
  }

  get #hasModel(): boolean {
    const { llm, config } = this.#parts;
    return config.llm.calls > 0 && llm?.model(config.llm.profile) !== undefined;
  }

  async #worded(draft: Draft, facts: Facts | undefined, evidence: Evidence, signal: AbortSignal): Promise<Draft> {
    if (facts === undefined || this.#wording === undefined || !this.#hasModel) return draft;
    const about = ownDescription(evidence.tools.get(draft.subject)!);
    const lines = await this.#wording.word(about, facts, signal);
    return lines === undefined ? draft : worded(draft, evidence, lines, this.#parts.config.limits.notes);
  }
}

/** After it was applied, not while it waited. */
const wasTakenBack = ({ state, from, since }: Kept): boolean =>
  state === 'reverted' && (from.uses > 0 || since.uses > 0);
