import type { Row, Sql } from '#plugins/storage/api';
import type { ToolEffect } from './api.ts';
import { atLeast } from './success-bounds.ts';

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
  lowerBound: atLeast({ uses: row.calls, successes: row.successes }),
  runs: row.runs,
  runSuccesses: row.run_successes,
  runFailures: row.run_failures,
});

const byName = (a: ToolEffect, b: ToolEffect): number =>
  a.tool === b.tool ? (a.scenario < b.scenario ? -1 : 1) : a.tool < b.tool ? -1 : 1;
