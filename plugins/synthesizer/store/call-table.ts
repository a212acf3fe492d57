import type { Sql } from '#plugins/storage/api';
import type { CallRecord, Money, StageMoney } from '../api.ts';
import { chunks, placeholders } from './placeholders.ts';
import type { Write } from './write-group.ts';

/** An answer that is kept under the key of what was asked. */
export interface CallRow extends CallRecord {
  readonly trajectory: string;
  readonly answer: unknown;
}
interface Raw extends Record<string, unknown> {
  readonly key: string;
  readonly stage: string;
  readonly trajectory: string;
  readonly prompt: string;
  readonly prompt_hash: string;
  readonly model: string;
  readonly answer: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly usd: number | null;
  readonly at: number;
}
const IN_ONE = 500;

export const putCall = (row: CallRow): Write => ({
  into: 'synthesizer_calls (key, stage, trajectory, prompt, prompt_hash, model, answer, input_tokens, output_tokens, usd, at)',
  onConflict: 'ON CONFLICT (key) DO NOTHING',
  values: [
    row.key,
    row.stage,
    row.trajectory,
    row.prompt,
    row.promptHash,
    row.model,
    JSON.stringify(row.answer),
    row.inputTokens,
    row.outputTokens,
    row.usd ?? null,
    row.at,
  ],
});

const rowOf = (raw: Raw): CallRow => ({
  key: raw.key,
  stage: raw.stage,
  trajectory: raw.trajectory,
  prompt: raw.prompt,
  promptHash: raw.prompt_hash,
  model: raw.model,
  answer: JSON.parse(raw.answer),
  inputTokens: Number(raw.input_tokens),
  outputTokens: Number(raw.output_tokens),
  ...(raw.usd !== null && { usd: Number(raw.usd) }),
  at: Number(raw.at),
});

/** By their keys. */
export async function keptCalls(sql: Sql, keys: readonly string[]): Promise<ReadonlyMap<string, CallRow>> {
  const found = new Map<string, CallRow>();
  for (const some of chunks(keys, IN_ONE))
    for (const row of await sql.all<Raw>(
      `SELECT * FROM synthesizer_calls WHERE key IN ${placeholders(some.length)}`,
      some,
    ))
      found.set(row.key, rowOf(row));
  return found;
}

export async function dropCalls(sql: Sql, trajectories: readonly string[]): Promise<void> {
  for (const some of chunks(trajectories, IN_ONE))
    await sql.run(`DELETE FROM synthesizer_calls WHERE trajectory IN ${placeholders(some.length)}`, some);
}

/**
 * What became of each time that a model was asked. `begun` is durable before the request goes out, so that one which a kill
 * cut off is known to have been made.
 */
export interface Attempt {
  readonly id: string;
  readonly key: string;
  readonly stage: string;
  readonly model: string;
  readonly what: 'begun' | 'answered' | 'failed';
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd?: number;
  readonly at: number;
}

export const attemptRow = (one: Attempt) => ({
  id: one.id,
  key: one.key,
  stage: one.stage,
  model: one.model,
  what: one.what,
  input_tokens: one.inputTokens,
  output_tokens: one.outputTokens,
  usd: one.usd ?? null,
  at: one.at,
});

export const putAttempt = (one: Attempt): Write => ({
  into: 'synthesizer_attempts (id, key, stage, model, what, input_tokens, output_tokens, usd, at)',
  onConflict: '',
  values: Object.values(attemptRow(one)),
});

interface Lost {
  readonly [column: string]: unknown;
  readonly stage: string;
  readonly model: string;
  readonly calls: number;
  readonly input: number;
  readonly output: number;
  readonly usd: number;
}
interface Sum extends Lost {
  readonly what: Attempt['what'];
  readonly unpriced: number;
}

/**
 * Over all runs. A call that no model answered (a refusal, a lost connection) costs nothing and does not count. One that a kill cut off counts as begun; what the same call used once it was answered is added for it,
 * because that is what it will have been charged.
 */
export async function moneySpent(sql: Sql): Promise<Omit<Money, 'cachedCalls'>> {
  const sums = await sql.all<Sum>(
    `SELECT stage, model, what, COUNT(*) AS calls, SUM(input_tokens) AS input, SUM(output_tokens) AS output,
            COALESCE(SUM(usd), 0) AS usd, SUM(CASE WHEN what = 'answered' AND usd IS NULL THEN 1 ELSE 0 END) AS unpriced
     FROM synthesizer_attempts WHERE what <> 'failed' OR input_tokens > 0 GROUP BY stage, model, what`,
  );
  const lost = await sql.all<Lost>(
    `SELECT begun.stage, begun.model, COUNT(*) AS calls, COALESCE(SUM(kept.input_tokens), 0) AS input,
            COALESCE(SUM(kept.output_tokens), 0) AS output, COALESCE(SUM(kept.usd), 0) AS usd
     FROM synthesizer_attempts begun LEFT JOIN synthesizer_calls kept ON kept.key = begun.key
     WHERE begun.what = 'begun'
       AND NOT EXISTS (SELECT 1 FROM synthesizer_attempts ended WHERE ended.id = begun.id AND ended.what <> 'begun')
     GROUP BY begun.stage, begun.model`,
  );
  const byStage: Record<string, StageMoney> = {};
  const total = { calls: 0, inputTokens: 0, outputTokens: 0, usd: 0, unpriced: 0 };
  const add = (row: Lost): void => {
    const one = { calls: Number(row.calls), inputTokens: Number(row.input), outputTokens: Number(row.output) };
    const before = byStage[row.stage] ?? { model: row.model, calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 };
    byStage[row.stage] = {
      model: before.model === row.model ? row.model : `${before.model}, ${row.model}`,
      calls: before.calls + one.calls,
      inputTokens: before.inputTokens + one.inputTokens,
      outputTokens: before.outputTokens + one.outputTokens,
      usd: before.usd + Number(row.usd),
    };
    total.calls += one.calls;
    total.inputTokens += one.inputTokens;
    total.outputTokens += one.outputTokens;
    total.usd += Number(row.usd);
  };
  for (const row of sums) {
    if (row.what === 'begun') continue;
    add(row);
    total.unpriced += Number(row.unpriced);
  }
  for (const row of lost) add(row);
  return { ...total, unfinishedCalls: lost.reduce((sum, row) => sum + Number(row.calls), 0), byStage };
}
