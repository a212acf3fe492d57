import type { ImportedRun, RunCall } from '#plugins/trajectory-formats/api';
import { label } from './rows.ts';

/** What the statistics need of a run. As JSON in its row, so that erasing takes away exactly what adding put there. */
export interface ToolUses {
  /** Tool, scenario, calls, and those of them that came back without an error. */
  readonly uses: readonly (readonly [tool: string, scenario: string, calls: number, successes: number])[];
  /** Steps that used a tool, in order: indices of `uses`. */
  readonly order: readonly number[];
}

/**
 * Calls that only look for tools and those in demonstrations are none. An answer belongs to the last call with its id that
 * waits for one, as ids repeat in some sources.
 */
export function toolUsesOf(run: ImportedRun): ToolUses {
  const uses = new Map<string, { index: number; scenario: string; calls: number; successes: number }>();
  const order: number[] = [];
  const waiting = new Map<string, { successes: number }[]>();
  const domain = domainOf(run.task);
  for (const { demo, calls = [], answers, error } of run.messages) {
    if (demo === true) continue;
    if (answers !== undefined) {
      const use = waiting.get(answers)?.pop();
      if (use !== undefined && error !== true) use.successes += 1;
    }
    for (const { id, tool, lookup } of calls) {
      if (lookup === true) continue;
      const name = toolName(tool);
      let use = uses.get(name);
      if (use === undefined) {
        const scenario = label(domain ?? tool.server ?? run.format) || 'general';
        use = { index: uses.size, scenario, calls: 0, successes: 0 };
        uses.set(name, use);
      }
      use.calls += 1;
      order.push(use.index);
      const same = waiting.get(id);
      if (same === undefined) waiting.set(id, [use]);
      else same.push(use);
    }
  }
  return {
    uses: [...uses].map(([tool, { scenario, calls, successes }]) => [tool, scenario, calls, successes]),
    order,
  };
}

/** `server/tool`, or the tool's name alone. */
const toolName = ({ server, name }: RunCall['tool']): string => label(server ? `${server}/${name}` : name);

/** Labels of tasks that begin with a domain: `airline/17`, `retail/3`. Not addresses or sentences. */
const DOMAIN = /^(\p{L}[\p{L}\p{N}_.-]{0,63})\/[^\s/]\S*$/u;
const domainOf = (task: string | undefined): string | undefined => DOMAIN.exec(task ?? '')?.[1];
