import type { Sql } from '#plugins/storage/api';
import type { ToolSequence } from './api.ts';
import { type HeadRow, pagesOf, successOf } from './heads.ts';
import type { ToolUses } from './tool-uses.ts';

interface Chain {
  readonly tools: readonly number[];
  count: number;
  runs: number;
  runSuccesses: number;
  runFailures: number;
  /** The run that was counted last. */
  seq: number;
}
type Row = Pick<HeadRow, 'seq' | 'success' | 'tools'>;

/** Counts chains of tools over all runs, a page of them at a time. Chains do not reach from one run into another. */
export async function countSequences(sql: Sql, length: number, limit: number, page: number): Promise<ToolSequence[]> {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = names.push(name) - 1;
      numbers.set(name, number);
    }
    return number;
  };
  const chains = new Map<string, Chain>();
  for await (const rows of pagesOf<Row>(sql, 'seq, success, tools', page))
    for (const row of rows) {
      const { uses, order } = JSON.parse(row.tools) as ToolUses;
      const tools = uses.map(([name]) => numberOf(name));
      const success = successOf(row);
      for (let at = 0; at + length <= order.length; at += 1) {
        const chain = order.slice(at, at + length).map((index) => tools[index]!);
        const key = chain.join();
        let found = chains.get(key);
        if (found === undefined) {
          found = { tools: chain, count: 0, runs: 0, runSuccesses: 0, runFailures: 0, seq: 0 };
          chains.set(key, found);
        }
        found.count += 1;
        if (found.seq === row.seq) continue;
        found.seq = row.seq;
        found.runs += 1;
        if (success === true) found.runSuccesses += 1;
        if (success === false) found.runFailures += 1;
      }
    }
  const named = ({ tools, count, runs, runSuccesses, runFailures }: Chain): ToolSequence => ({
    tools: tools.map((number) => names[number]!),
    count,
    runs,
    runSuccesses,
    runFailures,
  });
  return [...chains.values()]
    .map(named)
    .sort((a, b) => b.count - a.count || b.runs - a.runs || (a.tools.join('\n') < b.tools.join('\n') ? -1 : 1))
    .slice(0, limit);
}
