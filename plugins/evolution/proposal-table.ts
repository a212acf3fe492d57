import { createHash } from 'node:crypto';
import { fault } from '#kernel';
import type { Row, SqlValue, Storage } from '#plugins/storage/api';
import type { Counted } from '#plugins/trajectory-archive/api';
import type { Proposal, ProposalKind, ProposalState } from './api.ts';
import type { Draft } from './drafts/draft.ts';

/** A proposal with what only this plugin needs of it. */
export interface Kept extends Proposal {
  readonly tools: readonly string[];
  readonly learnt: Draft['learnt'];
  /** What was known of its tools when it was proposed, from wherever. */
  readonly known: Counted;
  /** Id of the approval that it waits for. */
  readonly approval?: string;
  readonly changedAt: number;
  /** Sums of its tools over all times, when it was applied. */
  readonly from: Counted;
}

const LISTED = 1_000;
const NEWEST = 'ORDER BY created_at DESC, id';

/** Proposals as rows. Every change of state is one statement that names the state before, so that of two who try one does. */
export class ProposalTable {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async list(filter: { state?: ProposalState | undefined; kind?: ProposalKind | undefined } = {}): Promise<Kept[]> {
    const where: string[] = [];
    const values: SqlValue[] = [];
    for (const [column, value] of Object.entries(filter)) {
      if (value === undefined) continue;
      where.push(`${column} = ?`);
      values.push(value);
    }
    const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
    const rows = await this.#storage.all(
      `SELECT * FROM evolution_proposals ${condition} ${NEWEST} LIMIT ${LISTED}`,
      values,
    );
    return rows.map(keptOf);
  }

  /** In force: measuring or kept, the newest first. */
  async applied(): Promise<Kept[]> {
    const rows = await this.#storage.all(
      `SELECT * FROM evolution_proposals WHERE state IN ('measuring', 'kept') ORDER BY changed_at DESC, id`,
    );
    return rows.map(keptOf);
  }

  /** Fault PROPOSAL_UNKNOWN. */
  async get(id: string): Promise<Kept> {
    const row = await this.#storage.get('SELECT * FROM evolution_proposals WHERE id = ?', [id]);
    if (row !== undefined) return keptOf(row);
    const some = await this.list();
    throw fault('PROPOSAL_UNKNOWN', `there is no proposal "${id}"`, {
      kind: 'not_found',
      alternatives: some.slice(0, 10).map((each) => each.id),
      hint: 'GET /api/v1/evolution/proposals lists them',
    });
  }

  async counts(): Promise<Record<ProposalState, number>> {
    const rows = await this.#storage.all('SELECT state, COUNT(*) AS n FROM evolution_proposals GROUP BY state');
    const none = { waiting: 0, measuring: 0, kept: 0, reverted: 0, denied: 0 };
    return { ...none, ...Object.fromEntries(rows.map(({ state, n }) => [String(state), Number(n)])) };
  }

  /** Undefined where it was proposed before, or another one of its kind is open for its subject. */
  async insert(draft: Draft, known: Counted, baseline: Counted): Promise<Kept | undefined> {
    const id = idOf(draft);
    const now = Date.now();
    const { tools, gist, before, after, grounds, learnt } = draft;
    const record = JSON.stringify({ tools, gist, before, after, grounds, learnt, known });
    const added = await this.#storage.run(
      `INSERT INTO evolution_proposals (id, kind, subject, state, record, created_at, changed_at, baseline_uses,
        baseline_successes, from_uses, from_successes, since_uses, since_successes)
        VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, 0, 0, 0, 0) ON CONFLICT DO NOTHING`,
      [id, draft.kind, draft.subject, record, now, now, baseline.uses, baseline.successes],
    );
    return added > 0 ? this.get(id) : undefined;
  }

  async apply(id: string, baseline: Counted, from: Counted): Promise<boolean> {
    const changed = await this.#storage.run(
      `UPDATE evolution_proposals SET state = 'measuring', changed_at = ?, baseline_uses = ?, baseline_successes = ?,
        from_uses = ?, from_successes = ? WHERE id = ? AND state = 'waiting'`,
      [Date.now(), baseline.uses, baseline.successes, from.uses, from.successes, id],
    );
    return changed > 0;
  }

  /** To a state in which it stays, from one of these. */
  async end(
    id: string,
    state: ProposalState,
    why: string,
    from: readonly ProposalState[],
    since?: Counted,
  ): Promise<boolean> {
    const counted = since === undefined ? '' : ', since_uses = ?, since_successes = ?';
    const changed = await this.#storage.run(
      `UPDATE evolution_proposals SET state = ?, why = ?, changed_at = ?${counted}
        WHERE id = ? AND state IN (${from.map(() => '?').join(', ')})`,
      [state, why, Date.now(), ...(since === undefined ? [] : [since.uses, since.successes]), id, ...from],
    );
    return changed > 0;
  }

  async awaits(id: string, approval: string): Promise<void> {
    await this.#storage.run(`UPDATE evolution_proposals SET approval = ? WHERE id = ?`, [approval, id]);
  }

  async forget(before: number): Promise<void> {
    await this.#storage.run(
      `DELETE FROM evolution_proposals WHERE state IN ('reverted', 'denied') AND changed_at < ?`,
      [before],
    );
  }
}

export const idOf = ({ kind, subject, gist }: Draft): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, subject, gist]))
    .digest('hex')
    .slice(0, 16);

function keptOf(row: Row): Kept {
  const { tools, before, after, grounds, learnt, known } = JSON.parse(String(row.record)) as Draft & { known: Counted };
  const counted = (of: string): Counted => ({
    uses: Number(row[`${of}_uses`]),
    successes: Number(row[`${of}_successes`]),
  });
  return {
    id: String(row.id),
    kind: String(row.kind) as ProposalKind,
    subject: String(row.subject),
    before,
    after,
    grounds,
    state: String(row.state) as ProposalState,
    at: Number(row.created_at),
    baseline: counted('baseline'),
    since: counted('since'),
    ...(row.why !== null && { why: String(row.why) }),
    tools,
    learnt,
    known,
    ...(row.approval !== null && { approval: String(row.approval) }),
    changedAt: Number(row.changed_at),
    from: counted('from'),
  };
}
