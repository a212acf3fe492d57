import type { Snapshot, Tool, ToolStatistics } from '#plugins/tool-registry/api';
import type { Trajectories } from '#plugins/trajectory/api';
import type { Counted, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import { countedOf, NOTHING, sum } from '../uses.ts';
import { ArchivedRuns } from './archived-runs.ts';
import { RecordedRuns, type RunLimits } from './recorded-runs.ts';
import type { UsedRun } from './runs.ts';
import { safeName } from './safe-text.ts';
import { ToolNames } from './tool-names.ts';

/** All that a look goes by; tools are those of the registry, by id. */
export interface Evidence {
  readonly tools: ReadonlyMap<string, ToolEvidence>;
  /** Names of tools are ids here; calls of other tools are left out. */
  readonly runs: readonly UsedRun[];
  /** Chains of tools, and how the runs ended that have them, as far as that is known. */
  readonly chains: readonly Chain[];
  /** The same of all runs. */
  readonly judged: Counted;
}
export interface ToolEvidence {
  readonly tool: Tool;
  /** undefined: never called here. */
  readonly statistics: ToolStatistics | undefined;
  /** Uses here, or those that runs tell: whatever is more. */
  readonly known: Counted;
  /** Without those that only repeat where the tool comes from. */
  readonly scenarios: ReadonlyMap<string, Counted>;
}
export interface Chain {
  readonly tools: readonly string[];
  readonly runs: Counted;
}

export interface Sources {
  readonly trajectories: Trajectories | undefined;
  readonly archive: TrajectoryArchive | undefined;
}

/** What stands for "nothing is known" where a scenario should. */
const NO_SCENARIO = new Set(['general', 'unknown', 'none', 'other']);
const LENGTHS = [2, 3] as const;
const MOST_CHAINS = 200;

export class Gatherer {
  readonly #sources: Sources;
  readonly #recorded: RecordedRuns | undefined;
  readonly #archived: ArchivedRuns | undefined;

  constructor(sources: Sources, limits: RunLimits) {
    this.#sources = sources;
    this.#recorded = sources.trajectories && new RecordedRuns(sources.trajectories, limits);
    this.#archived = sources.archive && new ArchivedRuns(sources.archive, limits);
  }

  forget(run: string): void {
    this.#archived?.forget(run);
  }

  async gather(
    snapshot: Snapshot,
    totals: ReadonlyMap<string, ToolStatistics>,
    signal: AbortSignal,
  ): Promise<Evidence> {
    const names = new ToolNames(snapshot);
    const scenarios = await this.#scenarios(names);
    const tools = new Map<string, ToolEvidence>();
    for (const tool of snapshot.tools.values()) {
      const statistics = totals.get(tool.id);
      const all = scenarios.get(tool.id) ?? new Map<string, Counted>();
      if (statistics === undefined && all.size === 0) continue;
      const here = statistics ? countedOf(statistics) : NOTHING;
      const elsewhere = [...all.values()].reduce(sum, NOTHING);
      const known = here.uses >= elsewhere.uses ? here : elsewhere;
      const telling = new Map([...all].filter(([scenario]) => !NO_SCENARIO.has(scenario) && !isOrigin(scenario, tool)));
      tools.set(tool.id, { tool, statistics, known, scenarios: telling });
    }
    signal.throwIfAborted();
    const recorded = (await this.#recorded?.newest(signal)) ?? [];
    const others = new Set(recorded.map(({ id }) => id));
    const archived = (await this.#archived?.newest(others, signal)) ?? [];
    const runs = [...recorded, ...archived].map((run) => ({
      ...run,
      calls: run.calls.flatMap((call) => {
        const id = names.idOf(call.tool);
        return id === undefined ? [] : [{ ...call, tool: id }];
      }),
    }));
    const chains = await this.#chains(runs, names);
    const known = runs.filter(({ success }) => success !== undefined);
    return {
      tools,
      runs,
      chains,
      judged: { uses: known.length, successes: known.filter(({ success }) => success).length },
    };
  }

  /**
   * Uses by tool and scenario. What both sources have may be the same runs: of each cell the larger count is taken, not
   * the sum.
   */
  async #scenarios(names: ToolNames): Promise<Map<string, Map<string, Counted>>> {
    const { trajectories, archive } = this.#sources;
    const by = new Map<string, Map<string, Counted>>();
    for (const uses of [(await trajectories?.statistics()) ?? [], (await archive?.statistics()) ?? []]) {
      const here = new Map<string, { id: string; scenario: string; counted: Counted }>();
      for (const { tool, scenario, calls, successes } of uses) {
        const id = names.idOf(tool);
        const name = safeName(scenario);
        if (id === undefined || name === undefined) continue;
        const cell = JSON.stringify([id, name]);
        const before = here.get(cell)?.counted ?? { uses: 0, successes: 0 };
        const counted = { uses: before.uses + calls, successes: before.successes + successes };
        here.set(cell, { id, scenario: name, counted });
      }
      for (const { id, scenario, counted } of here.values()) {
        const own = by.get(id) ?? new Map<string, Counted>();
        by.set(id, own);
        if ((own.get(scenario)?.uses ?? 0) < counted.uses) own.set(scenario, counted);
      }
    }
    return by;
  }

  async #chains(runs: readonly UsedRun[], names: ToolNames): Promise<readonly Chain[]> {
    const by = new Map<string, Chain>();
    const put = (chain: Chain): void => {
      const key = JSON.stringify(chain.tools);
      if ((by.get(key)?.runs.uses ?? 0) < chain.runs.uses) by.set(key, chain);
    };
    for (const length of LENGTHS) {
      for (const chain of chainsOf(runs, length)) put(chain);
      for (const { tools, runSuccesses, runFailures } of (await this.#sources.archive?.sequences(
        length,
        MOST_CHAINS,
      )) ?? []) {
        const ids = tools.map((tool) => names.idOf(tool));
        if (ids.every((id) => id !== undefined))
          put({ tools: ids, runs: { uses: runSuccesses + runFailures, successes: runSuccesses } });
      }
    }
    return [...by.values()];
  }
}

/** Of consecutive tools, each run counted once. */
function chainsOf(runs: readonly UsedRun[], length: number): Chain[] {
  const by = new Map<string, { tools: readonly string[]; uses: number; successes: number }>();
  for (const { calls, success } of runs) {
    if (success === undefined) continue;
    const here = new Map<string, readonly string[]>();
    for (let at = 0; at + length <= calls.length; at++) {
      const tools = calls.slice(at, at + length).map(({ tool }) => tool);
      here.set(JSON.stringify(tools), tools);
    }
    for (const [key, tools] of here) {
      const one = by.get(key) ?? { tools, uses: 0, successes: 0 };
      one.uses++;
      if (success) one.successes++;
      by.set(key, one);
    }
  }
  return [...by.values()].map(({ tools, uses, successes }) => ({ tools, runs: { uses, successes } }));
}

/** Runs without a scenario are often filed under the server or toolkit that they used: "proven for fetch" tells nothing of fetch. */
const isOrigin = (scenario: string, { server, toolkit, name }: Tool): boolean =>
  [server, toolkit ?? '', name].some((each) => plain(each) === plain(scenario));
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
