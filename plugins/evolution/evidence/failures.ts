import type { Tool } from '#plugins/tool-registry/api';
import { atLeast, atMost, type Counted } from '#plugins/trajectory-archive/api';
import { listedArguments, type UsedRun } from './runs.ts';
import { errorText } from './safe-text.ts';

export interface Failures {
  /** Most frequent first: how many of the calls that were looked at ended so. */
  readonly errors: readonly { readonly text: string; readonly count: number; readonly runs: number }[];
  /** Arguments with which it fails more, beyond chance: an argument's name, or `name="value"`. */
  readonly arguments: readonly { readonly argument: string; readonly with: Counted; readonly without: Counted }[];
  /** Calls that were looked at. */
  readonly calls: number;
}

/** How a tool fails, as far as runs that can be read tell. */
export function failuresOf(tool: Tool, runs: readonly UsedRun[]): Failures {
  const listed = listedArguments(tool.definition.inputSchema);
  const names = new Set([...listed].filter((each) => !each.includes('=')));
  const errors = new Map<string, { count: number; runs: Set<string> }>();
  const given = new Map<string, { uses: number; successes: number }>();
  let uses = 0;
  let successes = 0;
  for (const run of runs) {
    for (const call of run.calls) {
      if (call.tool !== tool.id) continue;
      uses++;
      if (call.ok) successes++;
      else {
        const text = errorText(call.error ?? '', names);
        const one = errors.get(text) ?? { count: 0, runs: new Set<string>() };
        one.count++;
        errors.set(text, { ...one, runs: one.runs.add(run.id) });
      }
      for (const argument of call.args) {
        if (!listed.has(argument)) continue;
        const one = given.get(argument) ?? { uses: 0, successes: 0 };
        one.uses++;
        if (call.ok) one.successes++;
        given.set(argument, one);
      }
    }
  }
  return {
    calls: uses,
    errors: [...errors]
      .map(([text, one]) => ({ text, count: one.count, runs: one.runs.size }))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)),
    arguments: [...given]
      .map(([argument, counted]) => ({
        argument,
        with: counted,
        without: { uses: uses - counted.uses, successes: successes - counted.successes },
      }))
      .filter((each) => atMost(each.with) < atLeast(each.without))
      .sort((a, b) => atMost(a.with) - atMost(b.with)),
  };
}
