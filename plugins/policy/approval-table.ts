import type { Sql, Storage } from '#plugins/storage/api';
import type { Approval, ApprovalRequest } from './api.ts';

interface ApprovalRow {
  readonly [column: string]: unknown;
  readonly id: string;
  readonly state: Approval['state'];
  readonly record: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly decided_at: number | null;
  readonly decided_by: string | null;
  readonly comment: string | null;
}
const COLUMNS = 'id, state, record, created_at, expires_at, decided_at, decided_by, comment';
const NEWEST = 'ORDER BY created_at DESC, id LIMIT ?';

export interface Verdict {
  readonly state: 'approved' | 'denied';
  readonly by: string;
  readonly comment?: string;
}

/** Approvals as rows. One is open for a subject and kind: the database sees to it, also between servers. */
export class ApprovalTable {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async get(id: string): Promise<Approval | undefined> {
    const row = await this.#storage.get<ApprovalRow>(`SELECT ${COLUMNS} FROM policy_approvals WHERE id = ?`, [id]);
    return row && approvalOf(row);
  }

  async list(state: Approval['state'] | undefined, most: number): Promise<Approval[]> {
    const rows =
      state === undefined
        ? await this.#storage.all<ApprovalRow>(`SELECT ${COLUMNS} FROM policy_approvals ${NEWEST}`, [most])
        : await this.#storage.all<ApprovalRow>(`SELECT ${COLUMNS} FROM policy_approvals WHERE state = ? ${NEWEST}`, [
            state,
            most,
          ]);
    return rows.map(approvalOf);
  }

  /** What is open for this subject and kind; else the approval that `since` was given, if any. */
  async standing({ kind, subject }: ApprovalRequest, since: number): Promise<Approval | undefined> {
    const row = await this.#storage.get<ApprovalRow>(
      `SELECT ${COLUMNS} FROM policy_approvals WHERE kind = ? AND subject = ?
        AND (state = 'open' OR (state = 'approved' AND decided_at > ?)) ${NEWEST}`,
      [kind, subject, since, 1],
    );
    return row && approvalOf(row);
  }

  /** False where another one is open for its subject, or `mostOpen` are. */
  async insert(approval: Approval, mostOpen: number): Promise<'added' | 'there' | 'full'> {
    const { id, kind, subject, state, createdAt, expiresAt } = approval;
    const record = JSON.stringify(requestOf(approval));
    return this.#storage.transaction(async (sql) => {
      if ((await countOpen(sql)) >= mostOpen) return 'full';
      const added = await sql.run(
        `INSERT INTO policy_approvals (id, kind, subject, state, record, created_at, expires_at)
          VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        [id, kind, subject, state, record, createdAt, expiresAt],
      );
      return added > 0 ? 'added' : 'there';
    });
  }

  /** False where it was decided, or has expired, before. */
  async decide(id: string, { state, by, comment }: Verdict, now: number): Promise<boolean> {
    const changed = await this.#storage.run(
      `UPDATE policy_approvals SET state = ?, decided_at = ?, decided_by = ?, comment = ?
        WHERE id = ? AND state = 'open' AND expires_at > ?`,
      [state, now, by, comment ?? null, id, now],
    );
    return changed > 0;
  }

  /** Those that expired just now, and by this call. */
  async expire(now: number): Promise<Approval[]> {
    const rows = await this.#storage.all<ApprovalRow>(
      `UPDATE policy_approvals SET state = 'expired' WHERE state = 'open' AND expires_at <= ? RETURNING ${COLUMNS}`,
      [now],
    );
    return rows.map(approvalOf);
  }

  async forget(before: number): Promise<void> {
    await this.#storage.run(`DELETE FROM policy_approvals WHERE state <> 'open' AND created_at < ?`, [before]);
  }
}

const countOpen = async (sql: Sql): Promise<number> =>
  Number((await sql.get(`SELECT COUNT(*) AS n FROM policy_approvals WHERE state = 'open'`))?.n);

const requestOf = ({ kind, subject, principal, reason, rule, detail }: ApprovalRequest): ApprovalRequest => ({
  kind,
  subject,
  principal,
  reason,
  rule,
  detail,
});

function approvalOf(row: ApprovalRow): Approval {
  return {
    ...(JSON.parse(row.record) as ApprovalRequest),
    id: row.id,
    state: row.state,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...(row.decided_at !== null && { decidedAt: Number(row.decided_at) }),
    ...(row.decided_by !== null && { decidedBy: row.decided_by }),
    ...(row.comment !== null && { comment: row.comment }),
  };
}
