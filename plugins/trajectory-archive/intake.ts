import type { Sql, Storage } from '#plugins/storage/api';
import type { Added, Arrived } from './api.ts';
import type { ArchiveConfig } from './config.ts';
import { eraseRun, leaveOut } from './erasure.ts';
import { headValues, INTO_RUNS } from './heads.ts';
import { type Candidate, prepare } from './prepared.ts';
import { insertRows, selectIn } from './rows.ts';
import { type SeenHashes, seenKey } from './seen-hashes.ts';
import { Sessions, type Version } from './sessions.ts';
import type { TextBatch } from './text-table.ts';
import type { Writers, Writing } from './writing.ts';

interface NewRun extends Candidate {
  readonly seq: number;
}
type Known = 'here' | 'erased';

/** Takes runs in: what is new, in few statements and one transaction for many. */
export class Intake {
  readonly #storage: Storage;
  readonly #writers: Writers;
  readonly #seen: SeenHashes;
  readonly #config: ArchiveConfig;

  constructor(storage: Storage, writers: Writers, seen: SeenHashes, config: ArchiveConfig) {
    this.#storage = storage;
    this.#writers = writers;
    this.#seen = seen;
    this.#config = config;
  }

  async add(arrived: readonly Arrived[]): Promise<Added[]> {
    const added: Added[] = [];
    while (added.length < arrived.length) added.push(...(await this.#addSome(arrived.slice(added.length))));
    return added;
  }

  /** As many as go into one transaction. */
  async #addSome(arrived: readonly Arrived[]): Promise<Added[]> {
    const some = arrived.slice(0, this.#config.batchRuns);
    const known = await knownOf(
      this.#storage,
      some.map(({ run }) => run.id),
    );
    const { candidates, texts, count } = await prepare(this.#storage, some, known, this.#config);
    const part = some.slice(0, count);
    // Each may end a version of its session, and the hashes of their records take one number.
    const added = await this.#writers.write(2 * part.length + 1, (writing) =>
      this.#write(writing, part, candidates, known, texts),
    );
    for (const { bytesHash } of part) this.#seen.add(seenKey(bytesHash));
    return added;
  }

  async #write(
    writing: Writing,
    part: readonly Arrived[],
    candidates: ReadonlyMap<string, Candidate>,
    before: ReadonlyMap<string, Known>,
    texts: TextBatch,
  ): Promise<Added[]> {
    const { sql, tally } = writing;
    await this.#seen.learn(sql);
    // Others may have been quicker.
    const known = new Map([...before, ...(await knownOf(sql, [...candidates.keys()]))]);
    const sessions = await Sessions.read(sql, [...candidates.values()]);
    const fresh = new Map<string, NewRun>();
    const added: Added[] = [];
    for (const { run } of part) {
      const candidate = candidates.get(run.id);
      const there = known.get(run.id);
      if (candidate === undefined || there !== undefined) {
        added.push({ id: run.id, outcome: 'duplicate', ...(there === 'erased' && { erased: true }) });
        continue;
      }
      const verdict = sessions.take(candidate);
      known.set(run.id, verdict === 'erased' ? 'erased' : 'here');
      if (verdict === 'erased' || verdict === 'shorter') {
        added.push({ id: run.id, outcome: 'duplicate', ...(verdict === 'erased' && { erased: true }) });
        continue;
      }
      fresh.set(run.id, { ...candidate, seq: writing.number() });
      if (verdict === 'new') added.push({ id: run.id, outcome: 'added' });
      else {
        added.push({ id: run.id, outcome: 'replaced', replaces: verdict.id });
        await replace(writing, verdict, run.id, fresh);
        known.set(verdict.id, 'erased');
      }
    }
    await insert(writing, [...fresh.values()], texts);
    tally.count('duplicates', added.filter(({ outcome }) => outcome === 'duplicate').length);
    await this.#remember(writing, part);
    return added;
  }

  async #remember({ sql, number }: Writing, part: readonly Arrived[]): Promise<void> {
    const hashes = part.map(({ bytesHash }) => seenKey(bytesHash)).filter((hash) => !this.#seen.has(hash));
    if (hashes.length === 0) return;
    await sql.run('INSERT INTO archive_seen (n, hashes) VALUES (?, ?)', [number(), Buffer.concat(hashes)]);
  }
}

async function insert({ sql, tally }: Writing, runs: readonly NewRun[], texts: TextBatch): Promise<void> {
  tally.count(
    'stored',
    await texts.write(
      sql,
      runs.map(({ packed }) => packed),
    ),
  );
  await insertRows(
    sql,
    INTO_RUNS,
    runs.map(({ seq, arrived, ...of }) => headValues(seq, arrived, of)),
  );
  await insertRows(
    sql,
    'archive_bodies (seq, texts, data)',
    runs.map(({ seq, packed }) => [seq, Buffer.concat(packed.texts.map(({ hash }) => hash)), packed.data]),
  );
  for (const { arrived, tools, packed } of runs) {
    const { format, license = null, outcome } = arrived.run;
    tally.run({ format, license, success: outcome.success, rawBytes: arrived.place.bytes, tools }, 1);
    tally.count('stored', packed.data.length);
  }
}

async function replace(writing: Writing, version: Version, by: string, fresh: Map<string, NewRun>): Promise<void> {
  const why = `replaced by ${by}`;
  if (version.row !== undefined) return eraseRun(writing, version.row, why, false);
  // It came with the same batch: only its id is kept.
  fresh.delete(version.id);
  return leaveOut(writing, version.id, why, null);
}

async function knownOf(sql: Sql, ids: readonly string[]): Promise<Map<string, Known>> {
  const unique = [...new Set(ids)];
  const select = (from: string) =>
    selectIn<{ id: string }>(sql, (marks) => `SELECT id FROM ${from} WHERE id IN (${marks})`, unique);
  const [here, erased] = [await select('archive_runs'), await select('archive_erased')];
  return new Map([
    ...here.map(({ id }): [string, Known] => [id, 'here']),
    ...erased.map(({ id }): [string, Known] => [id, 'erased']),
  ]);
}
