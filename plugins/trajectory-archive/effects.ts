import type { Row, Sql } from '#plugins/storage/api';
import type { ToolEffect } from './api.ts';

interface EffectRow extends Row {
  readonly tool: string;
  readonly scenario: string;
  readonly calls: number;
  readonly successes: number;
  readonly runs: number;
  readonly run_successes: number;
  readonly run_failures: number;
}

/** The surest first: 95 of 100 stand before 1 of 1. */
export async function readEffects(
  sql: Sql,
  { tool, scenario }: { readonly tool?: string; readonly scenario?: string },
): Promise<ToolEffect[]> {
  const conditions = [...(tool === undefined ? [] : ['tool = ?']), ...(scenario === undefined ? [] : ['scenario = ?'])];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await sql.all<EffectRow>(
    `SELECT * FROM archive_effects ${where}`,
    [tool, scenario].filter((each) => each !== undefined),
  );
  return rows.map(effectOf).sort((a, b) => b.lowerBound - a.lowerBound || b.calls - a.calls || byName(a, b));
}

const effectOf = (row: EffectRow): ToolEffect => ({
  tool: row.tool,
  scenario: row.scenario,
  calls: row.calls,
  successes: row.successes,
  lowerBound: wilson(row.successes, row.calls),
  runs: row.runs,
  runSuccesses: row.run_successes,
  runFailures: row.run_failures,
});

const byName = (a: ToolEffect, b: ToolEffect): number =>
  a.tool === b.tool ? (a.scenario < b.scenario ? -1 : 1) : a.tool < b.tool ? -1 : 1;

/** Two-sided 95 %. */
const Z = 1.959964;

/** Lower bound of the Wilson score interval (E. B. Wilson, 1927). */
export function wilson(successes: number, trials: number): number {
  if (successes === 0) return 0;
  const share = successes / trials;
  const square = Z * Z;
  const spread = Z * Math.sqrt((share * (1 - share) + square / (4 * trials)) / trials);
  return Math.max(0, (share + square / (2 * trials) - spread) / (1 + square / trials));
}
