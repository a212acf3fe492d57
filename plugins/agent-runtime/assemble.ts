import type { Message } from '#plugins/context/api';
import type { AgentParts } from './agent-parts.ts';
import { type AgentResult, type AgentTask, createGuard, GUARD_DEFAULTS, type Human } from './api.ts';
import { RunBudget } from './budget.ts';
import { digest } from './digest.ts';
import type { Emit } from './emit.ts';
import { ExecutionContext } from './execution-context.ts';
import type { Journal } from './journal.ts';
import { LlmStep } from './llm-step.ts';
import { askUser } from './own-tools/ask-user.ts';
import { delegate } from './own-tools/delegate.ts';
import type { OwnTool } from './own-tools/own-tool.ts';
import { planTools } from './own-tools/plan-tools.ts';
import { readPruned } from './own-tools/read-pruned.ts';
import { requestTool } from './own-tools/request-tool.ts';
import { skillTools } from './own-tools/skill-tools.ts';
import { PermissionGate } from './permission-gate.ts';
import { PromptBuilder } from './prompt-builder.ts';
import type { Restored } from './restore.ts';
import { Run } from './run.ts';
import { Account } from './spending.ts';
import { ToolExecutor } from './tool-executor.ts';
import type { ToolLimits } from './tool-limits.ts';
import { OfferedTools } from './tool-list.ts';

/** Where a run stands among those that gave tasks to each other. */
export interface Lineage {
  readonly parent?: string;
  /** Tasks above, outermost first. */
  readonly chain: readonly string[];
  /** Of the one that gave the task. */
  readonly budget?: RunBudget;
}

export interface Assembly extends AgentParts {
  readonly task: AgentTask;
  readonly journal: Journal;
  readonly messages: readonly Message[];
  readonly startedAt: number;
  readonly restored?: Restored;
  readonly lineage: Lineage;
  readonly human: Human | undefined;
  readonly unattended: boolean;
  readonly limits: ToolLimits;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  child(task: AgentTask, lineage: Lineage, signal: AbortSignal): Promise<AgentResult>;
}

/** Puts one run together, or puts it together again. */
export async function assemble(all: Assembly): Promise<Run> {
  const { task, config, llm, plane, context, policy, skills, journal, restored, lineage, human, emit, log, signal } =
    all;
  const run = task.id;
  const budget = lineage.budget?.below(restored?.spent) ?? new RunBudget(config.budget, task.budget, restored?.spent);
  const aside = (): Disposable => ({ [Symbol.dispose]: budget.pause() });
  const guard = createGuard({ ...GUARD_DEFAULTS, off: config.guard.off });
  const memory = await remembered(all);
  const account = new Account(restored?.spending);
  const offered = new OfferedTools(task.description, config.maxTools);
  for (const tool of usedIn(all.messages)) offered.use(tool);
  const fixed: readonly OwnTool[] = [
    ...planTools(memory, journal),
    requestTool({
      plane,
      config,
      journal,
      emit,
      waits: restored?.waits ?? new Map(),
      offer: (tool) => offered.use(tool),
    }),
    readPruned(context),
    askUser(human, (what) => {
      emit({ type: 'waiting', for: 'answer', what });
      return aside();
    }),
    delegate({
      refuse: (child) => refused(child, all, budget, guard),
      run: async (child, call, within) => {
        // Of all of the call's id: two calls are two runs. Users' ids hold no such sign.
        const id = `${run}~${digest(call).slice(0, 12)}`;
        const profile = task.profile === undefined ? {} : { profile: task.profile };
        const below = { parent: run, chain: [...lineage.chain, task.description], budget };
        const result = await all.child({ id, description: child, ...profile }, below, within);
        const { steps, spent } = result;
        journal.state('delegated', { call, run: id, steps, spent });
        account.add(spent);
        return result;
      },
    }),
  ];
  const own = ownTools(
    fixed,
    () => (skills === undefined ? [] : skillTools(skills, memory, journal)),
    () => skills?.version ?? 0,
  );
  const gate =
    policy &&
    new PermissionGate({
      run,
      policy,
      human,
      journal,
      emit,
      unattended: all.unattended,
      aside,
      allowed: new Set(restored?.allowed),
    });
  const executor = new ToolExecutor({
    run,
    plane,
    own,
    gate,
    guard,
    limits: all.limits,
    context,
    memory,
    journal,
    config,
    emit,
    made: restored?.made ?? new Map(),
  });
  const step = new LlmStep({
    ...{ run, llm, guard, emit, temperature: config.temperature, profile: task.profile ?? config.profile },
    protocol: restored?.textProtocol ? 'text' : config.protocol,
    onProtocol: (name) => journal.state('protocol', { name }),
  });
  const model = llm.model(task.profile);
  const window = context.open({ messages: all.messages, run, ...(model !== undefined && { model }) });
  const prompt = new PromptBuilder({ instructions: config.instructions, startedAt: all.startedAt, skills, memory });
  return new Run({
    ...{
      run,
      window,
      llm,
      step,
      executor,
      own,
      offered,
      plane,
      prompt,
      memory,
      guard,
      budget,
      journal,
      human,
      emit,
      log,
      signal,
    },
    finishCheck: config.finishCheck,
    account,
    steps: restored?.steps ?? 0,
    masked: restored?.masked ?? new Set(),
    aside,
    turn: restored?.turn ?? 0,
  });
}

async function remembered({ restored, trajectories, log }: Assembly): Promise<ExecutionContext> {
  const memory = new ExecutionContext();
  memory.plan = restored?.plan ?? [];
  for (const fact of restored?.facts ?? []) memory.remember(fact);
  for (const skill of restored?.skills ?? []) memory.skills.add(skill);
  // What other runs tell helps, and is not needed.
  const uses = await trajectories?.statistics().catch((error: unknown) => {
    log.warn('what earlier runs tell of the tools could not be read', { reason: String(error) });
    return [];
  });
  memory.learn(uses ?? []);
  return memory;
}

function refused(
  child: string,
  { lineage, task }: Assembly,
  budget: RunBudget,
  guard: ReturnType<typeof createGuard>,
): string | undefined {
  const chain = [...lineage.chain, task.description];
  const tooDeep = budget.tooDeep(chain.length);
  if (tooDeep !== undefined) return `${tooDeep.message}. Do it yourself.`;
  const { verdict, message } = guard.delegation(child, chain);
  return verdict === 'ok' ? undefined : (message ?? 'That is the task you are working on. Do it yourself.');
}

/** Skills come and go; the rest of the runtime's tools stay. */
function ownTools(
  fixed: readonly OwnTool[],
  ofSkills: () => readonly OwnTool[],
  version: () => number,
): () => ReadonlyMap<string, OwnTool> {
  let made: { readonly version: number; readonly tools: ReadonlyMap<string, OwnTool> } | undefined;
  return () => {
    if (made?.version !== version())
      made = { version: version(), tools: new Map([...fixed, ...ofSkills()].map((tool) => [tool.schema.name, tool])) };
    return made.tools;
  };
}

const usedIn = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool' ? [part.name] : [])));
