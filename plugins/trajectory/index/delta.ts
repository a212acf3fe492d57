import type { Step } from '../api.ts';
import type { Line } from '../journal/line.ts';

/** What one line adds to the index. Adding is the same in whatever order. */
export interface Delta {
  readonly run: string;
  /** Where the line stands in its segment, in bytes. */
  readonly from: number;
  readonly to: number;
  readonly hold?: number;
  /** The hold that is over. */
  readonly closed?: number;
  /** As it stands in the line. */
  readonly begun?: string;
  readonly startedAt?: number;
  readonly ended?: string;
  readonly step?: number;
  /** From this step on. */
  readonly scenario?: string;
  readonly use?: ToolCount;
}
export interface ToolCount {
  readonly tool: string;
  readonly scenario: string;
  readonly success: boolean;
  readonly ms: number;
  readonly at: number;
}

export const NO_SCENARIO = 'general';
const LONGEST_NAME = 200;
const LONG_NAME = '(long name)';

/** `json`: of the start or the end, as it is written. `clean` masks a name; names in a segment are masked already. */
export function deltaOf(line: Line, json: string, place: { from: number; to: number }, clean = asItIs): Delta {
  const { run } = line;
  switch (line.t) {
    case 'start':
      return { run, ...place, hold: line.hold, begun: json, startedAt: line.start.startedAt };
    case 'resume':
      return { run, ...place, hold: line.hold };
    case 'suspend':
      return { run, ...place, closed: line.hold };
    case 'end':
      return { run, ...place, closed: line.hold, ended: json };
    case 'step': {
      const scenario = scenarioOf(line.step, clean);
      const use = useOf(line.step, line.scenario ?? NO_SCENARIO, clean);
      return { run, ...place, step: line.i, ...(scenario !== undefined && { scenario }), ...(use && { use }) };
    }
  }
}

const asItIs = (text: string): string => text;

/** The scenario that this step identified. */
export function scenarioOf({ kind, output }: Step, clean: (text: string) => string): string | undefined {
  if (kind !== 'scenario_identification' || typeof output !== 'object' || output === null) return undefined;
  return nameOf((output as { identified_scenario?: unknown }).identified_scenario, clean);
}

/** A call that came to its end, with whatever outcome. */
function useOf(step: Step, scenario: string, clean: (text: string) => string): ToolCount | undefined {
  if (step.kind !== 'tool_execution' || step.phase === 'begun') return undefined;
  const tool = nameOf(step.input?.tool_name ?? step.input?.tool, clean);
  if (tool === undefined) return undefined;
  return { tool, scenario, success: step.success === true, ms: step.durationMs ?? 0, at: step.at };
}

/** A name as databases take it, the same whether it comes from the step or from its line. */
function nameOf(name: unknown, clean: (text: string) => string): string | undefined {
  if (typeof name !== 'string' || name === '') return undefined;
  if (name.length > LONGEST_NAME || name.startsWith('\0')) return LONG_NAME;
  return clean(name).replaceAll('\0', '\ufffd').toWellFormed();
}
