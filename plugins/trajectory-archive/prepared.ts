import { setImmediate as otherTurn } from 'node:timers/promises';
import type { Sql } from '#plugins/storage/api';
import type { Arrived } from './api.ts';
import type { ArchiveConfig } from './config.ts';
import { hashOf } from './hash.ts';
import { type LongText, longTextsOf } from './long-text.ts';
import { type PackedRun, pack } from './packed-run.ts';
import { TextBatch, textsThere } from './text-table.ts';
import { type ToolUses, toolUsesOf } from './tool-uses.ts';

/** A run that may be new, with all that is not the database's work done. */
export interface Candidate {
  readonly arrived: Arrived;
  readonly packed: PackedRun;
  readonly tools: ToolUses;
  readonly session: string | undefined;
  /** Characters of a session's version: of two with as many messages, the longer one has more. 0 for others. */
  readonly size: number;
}

const MB = 1_048_576;

/**
 * Packs those that are not known, until they are large enough for one transaction: `count` says how many were looked at.
 * A text is split off its run where others have it: in this batch, in the archive, or most likely later.
 */
export async function prepare(
  sql: Sql,
  arrived: readonly Arrived[],
  known: ReadonlyMap<string, unknown>,
  { textMinBytes, compressionLevel, batchMb, yieldMs }: ArchiveConfig,
): Promise<{ candidates: Map<string, Candidate>; texts: TextBatch; count: number }> {
  const others = pausing(yieldMs);
  const long = new Map<string, Map<string, LongText>>();
  for (const { run } of arrived) {
    if (known.has(run.id) || long.has(run.id)) continue;
    long.set(run.id, longTextsOf(run, textMinBytes));
    await others();
  }
  const shared = await sharedOf(sql, [...long.values()]);
  const candidates = new Map<string, Candidate>();
  const texts = new TextBatch();
  let count = 0;
  for (let bytes = 0; count < arrived.length && bytes < batchMb * MB; count += 1) {
    const each = arrived[count]!;
    const { run } = each;
    const own = long.get(run.id);
    if (own === undefined || candidates.has(run.id)) continue;
    const packed = pack(run, own, shared, compressionLevel);
    bytes += packed.data.length + texts.take(packed.texts, compressionLevel);
    const { session } = run;
    candidates.set(run.id, {
      arrived: each,
      packed,
      tools: toolUsesOf(run),
      session: session === undefined ? undefined : sessionKey(run.format, session),
      size: session === undefined ? 0 : JSON.stringify(run).length,
    });
    await others();
  }
  return { candidates, texts, count };
}

async function sharedOf(sql: Sql, runs: readonly ReadonlyMap<string, LongText>[]): Promise<Set<string>> {
  const shared = new Set<string>();
  const alone = new Map<string, Uint8Array>();
  for (const texts of runs)
    for (const { key, hash, isLikelyShared } of texts.values()) {
      if (isLikelyShared || alone.has(key)) shared.add(key);
      else alone.set(key, hash);
    }
  const asked = [...alone].flatMap(([key, hash]) => (shared.has(key) ? [] : [hash]));
  for (const key of await textsThere(sql, asked)) shared.add(key);
  return shared;
}

/** Gives others a turn where this has gone on for long. */
function pausing(mostMs: number): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < mostMs) return;
    await otherTurn();
    begun = performance.now();
  };
}

const sessionKey = (format: string, session: string): string =>
  Buffer.from(hashOf(`${format}\n${session}`)).toString('hex');
