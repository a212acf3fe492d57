import { isFault } from '#kernel';
import type { EvidenceStep, SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { hasFailed } from '../call-failure.ts';
import { isRedacted } from '../schema-fit.ts';
import { listed, sameTool } from '../tool-names.ts';
import { failed, passed, unverified, type Verdict } from '../verdict.ts';
import { passAt, passHat } from './estimators.ts';
import type { LiveTool, ToolServer } from './tool-servers.ts';

export interface LiveLimits {
  readonly k: number;
  readonly trials: number;
  readonly maxCalls: number;
  readonly timeoutMs: number;
  readonly totalMs: number;
  readonly liveEffects: boolean;
}

/** Makes the recorded calls of the expected tools again, several times over, and tells how often all of them worked. */
export class LiveCheck implements SeedCheck {
  readonly #limits: LiveLimits;
  readonly #servers: readonly ToolServer[];

  constructor(limits: LiveLimits, servers: readonly ToolServer[]) {
    this.#limits = limits;
    this.#servers = servers;
  }

  async check({ expected_tools }: SeedDraft, { steps }: SeedEvidence, signal: AbortSignal): Promise<Verdict> {
    if (this.#servers.length === 0)
      return { ...unverified('there is no tool server to run calls on'), needs: 'a tool server' };
    const good = steps.filter(
      (step) =>
        step.result !== undefined && !hasFailed(step) && expected_tools.some((name) => sameTool(step.tool, name)),
    );
    if (good.length === 0) return unverified('no good call of the expected tools is recorded');
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#limits.totalMs)]);
    try {
      const plan = await this.#plan(distinct(good), within);
      return plan.calls.length === 0 ? unverified(plan.leftOut.join('; ')) : await this.#verdict(plan, within);
    } catch (error) {
      signal.throwIfAborted();
      if (within.aborted) return unverified(`the calls took longer than ${this.#limits.totalMs} ms together`);
      if (!isFault(error)) throw error;
      return unverified(`the tool server cannot be asked: ${error.message}`);
    }
  }

  async #plan(steps: readonly EvidenceStep[], signal: AbortSignal): Promise<Plan> {
    const tools = new Map<string, LiveTool | undefined>();
    const calls: PlannedCall[] = [];
    const [absent, effects, redacted] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (const step of steps) {
      if (!tools.has(step.tool)) tools.set(step.tool, await this.#find(step.tool, signal));
      const tool = tools.get(step.tool);
      if (tool === undefined) absent.add(step.tool);
      else if (!tool.readOnly && !this.#limits.liveEffects) effects.add(step.tool);
      // The value that was there is gone.
      else if (isRedacted(JSON.stringify(step.args))) redacted.add(step.tool);
      else calls.push({ step, tool });
    }
    const most = Math.max(1, Math.floor(this.#limits.maxCalls / this.#trials));
    const leftOut = [
      ...(absent.size > 0 ? [`no tool server has ${listed([...absent])}`] : []),
      ...(effects.size > 0 ? [`not marked as read-only: ${listed([...effects])}`] : []),
      ...(redacted.size > 0 ? [`arguments were redacted of ${listed([...redacted])}`] : []),
      ...(calls.length > most ? [`${calls.length - most} calls are beyond maxCalls`] : []),
    ];
    return { calls: calls.slice(0, most), leftOut };
  }

  get #trials(): number {
    return Math.max(this.#limits.trials, this.#limits.k);
  }

  async #find(name: string, signal: AbortSignal): Promise<LiveTool | undefined> {
    for (const server of this.#servers) {
      const tool = await server(name, signal);
      if (tool !== undefined) return tool;
    }
    return undefined;
  }

  async #verdict({ calls, leftOut }: Plan, signal: AbortSignal): Promise<Verdict> {
    const trials = this.#trials;
    let passes = 0;
    let first: string | undefined;
    for (let trial = 0; trial < trials; trial++) {
      const problem = await this.#trial(calls, signal);
      if (problem?.isAway) return unverified(`the tool server could not be reached: ${problem.what}`);
      if (problem === undefined) passes++;
      else first ??= problem.what;
    }
    const { k } = this.#limits;
    const figures = {
      trials,
      passes,
      k,
      calls: calls.length,
      pass_at_1: passAt(1, trials, passes),
      pass_hat_k: passHat(k, trials, passes),
    };
    if (passes === 0) return { ...failed(`the calls never worked in ${trials} trials: ${first}`), figures };
    const notes = [...(first === undefined ? [] : [`worked in ${passes} of ${trials} trials: ${first}`]), ...leftOut];
    return { ...passed, ...(notes.length > 0 && { why: notes.join('; ') }), figures };
  }

  /** All calls once, in their order; what went wrong first. */
  async #trial(calls: readonly PlannedCall[], signal: AbortSignal): Promise<Problem | undefined> {
    for (const { step, tool } of calls) {
      const { outcome, text } = await tool.call(step.args, signal, this.#limits.timeoutMs);
      if (outcome === 'ok' && !hasFailed({ error: false, result: text })) continue;
      return { isAway: outcome === 'unreachable', what: `${step.tool} (step ${step.step}): ${text.slice(0, 200)}` };
    }
    return undefined;
  }
}

interface PlannedCall {
  readonly step: EvidenceStep;
  readonly tool: LiveTool;
}
interface Plan {
  readonly calls: readonly PlannedCall[];
  readonly leftOut: readonly string[];
}
interface Problem {
  readonly isAway: boolean;
  readonly what: string;
}

const distinct = (steps: readonly EvidenceStep[]): readonly EvidenceStep[] => [
  ...new Map(steps.map((step) => [`${step.tool} ${JSON.stringify(step.args)}`, step])).values(),
];
