import type { Sql } from '#plugins/storage/api';
import { type HeadRow, SELECT_HEADS } from './heads.ts';
import type { Candidate } from './prepared.ts';
import { selectIn } from './rows.ts';

/** The version of a session that is there, or is about to be. */
export interface Version {
  readonly id: string;
  readonly messages: number;
  readonly size: number;
  readonly row?: HeadRow;
}
/** Sessions of a batch: which version of each is the one to keep. */
export class Sessions {
  readonly #versions = new Map<string, Version>();
  readonly #erased = new Set<string>();

  static async read(sql: Sql, candidates: readonly Candidate[]): Promise<Sessions> {
    const sessions = new Sessions();
    const keys = [...new Set(candidates.flatMap(({ session }) => session ?? []))];
    const rows = await selectIn<HeadRow>(sql, (marks) => `${SELECT_HEADS} WHERE session IN (${marks})`, keys);
    for (const row of rows) sessions.#versions.set(row.session!, { ...row, row });
    const erased = await selectIn<{ session: string }>(
      sql,
      (marks) => `SELECT session FROM archive_erased WHERE session IN (${marks})`,
      keys,
    );
    for (const { session } of erased) sessions.#erased.add(session);
    return sessions;
  }

  /** The version that this one takes the place of, or what else becomes of it. */
  take({ arrived: { run }, size, session }: Candidate): Version | 'new' | 'shorter' | 'erased' {
    if (session === undefined) return 'new';
    if (this.#erased.has(session)) return 'erased';
    const version = this.#versions.get(session);
    const { messages } = run.counts;
    if (version !== undefined && (messages - version.messages || size - version.size) <= 0) return 'shorter';
    this.#versions.set(session, { id: run.id, messages, size });
    return version ?? 'new';
  }
}
