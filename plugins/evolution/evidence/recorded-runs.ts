import type { Trajectories, Trajectory } from '#plugins/trajectory/api';
import { bounded, type UsedCall, type UsedRun, usedCall } from './runs.ts';

export interface RunLimits {
  /** Runs that are kept in mind, the newest. */
  readonly runs: number;
  /** Of them, read in one look. */
  readonly runsALook: number;
}

/** The newest runs of our own agents. An ended run does not change: each is read once. */
export class RecordedRuns {
  readonly #trajectories: Trajectories;
  readonly #limits: RunLimits;
  #known = new Map<string, UsedRun>();

  constructor(trajectories: Trajectories, limits: RunLimits) {
    this.#trajectories = trajectories;
    this.#limits = limits;
  }

  async newest(signal: AbortSignal): Promise<readonly UsedRun[]> {
    const ended = await this.#trajectories.list({ state: 'ended', limit: this.#limits.runs });
    const next = new Map<string, UsedRun>();
    let read = 0;
    for (const { id } of ended) {
      signal.throwIfAborted();
      let run = this.#known.get(id);
      if (run === undefined && read < this.#limits.runsALook) {
        read++;
        run = await this.#trajectories.get(id).then(usedRun, () => undefined);
      }
      if (run !== undefined) next.set(id, run);
    }
    this.#known = next;
    return [...next.values()];
  }
}

function usedRun({ id, records, end }: Trajectory): UsedRun {
  const calls: UsedCall[] = [];
  let scenario: string | undefined;
  for (const { kind, phase, input, output, success } of records) {
    if (kind === 'scenario_identification') {
      const named = (output as { identified_scenario?: unknown } | null | undefined)?.identified_scenario;
      if (typeof named === 'string') scenario = named;
    }
    const tool = input?.tool_name ?? input?.tool;
    if (kind !== 'tool_execution' || phase === 'begun' || typeof tool !== 'string') continue;
    calls.push(usedCall(tool, parsed(input?.args ?? input?.parameters), success === true, output));
  }
  return bounded({ id, scenario, success: end?.success, calls });
}

/** Arguments are recorded as they were sent: often JSON text. */
function parsed(args: unknown): unknown {
  if (typeof args !== 'string') return args;
  try {
    return JSON.parse(args);
  } catch {
    return undefined;
  }
}
