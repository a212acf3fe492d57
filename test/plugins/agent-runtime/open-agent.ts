import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT, type AgentEvent, type AgentResult, type AgentTask, type RunOptions } from '#plugins/agent-runtime/api';
import { LLM } from '#plugins/llm/api';
import { TOOL_PLANE } from '#plugins/tool-client/api';
import { TRAJECTORIES, type Trajectory } from '#plugins/trajectory/api';
import { type BootedKernel, bootKernel, type Fake, fake } from '../../support/boot-kernel.ts';
import type { ScriptedLlm } from './scripted-llm.ts';
import type { ScriptedPlane } from './scripted-plane.ts';

export interface OpenedAgent {
  readonly kernel: BootedKernel;
  readonly dir: string;
  run(
    task: string | Partial<AgentTask>,
    options?: Partial<RunOptions>,
  ): Promise<AgentResult & { readonly events: AgentEvent[] }>;
  resume(run: string, options?: Partial<RunOptions>): Promise<AgentResult & { readonly events: AgentEvent[] }>;
  trajectory(run: string): Promise<Trajectory>;
  close(): Promise<void>;
}

let count = 0;

/** The runtime with its real neighbours, but for the model and the tools. */
export async function openAgent(
  llm: ScriptedLlm,
  plane: ScriptedPlane,
  more: {
    readonly config?: object;
    readonly plugins?: Readonly<Record<string, object>>;
    readonly dir?: string;
    readonly fakes?: readonly Fake[];
    readonly watch?: boolean;
  } = {},
): Promise<OpenedAgent> {
  const dir = more.dir ?? mkdtempSync(join(tmpdir(), 'agent-'));
  const kernel = await bootKernel({
    plugins: {
      storage: { dir: join(dir, 'data') },
      context: { outputs: { dir: join(dir, 'context') } },
      compressors: {},
      trajectory: { dir: join(dir, 'trajectories') },
      'agent-runtime': { artifactDir: join(dir, 'artifacts'), ...more.config },
      ...more.plugins,
    },
    fakes: [fake(LLM, llm), fake(TOOL_PLANE, plane), ...(more.fakes ?? [])],
    logLevel: 'info',
    ...(more.watch !== undefined && { watch: more.watch }),
  });
  const agent = kernel.get(AGENT);
  const watched = (options: Partial<RunOptions> | undefined) => {
    const events: AgentEvent[] = [];
    const signal = options?.signal ?? new AbortController().signal;
    const onEvent = (event: AgentEvent): void => {
      events.push(event);
      options?.onEvent?.(event);
    };
    return { events, options: { ...options, signal, onEvent } };
  };
  return {
    kernel,
    dir,
    run: async (task, given) => {
      const { events, options } = watched(given);
      const whole = typeof task === 'string' ? { description: task } : task;
      const result = await agent.run({ id: `run-${process.pid}-${++count}`, description: 'do it', ...whole }, options);
      return { ...result, events };
    },
    resume: async (run, given) => {
      const { events, options } = watched(given);
      return { ...(await agent.resume(run, options)), events };
    },
    trajectory: (run) => kernel.get(TRAJECTORIES).get(run),
    close: async () => {
      await kernel.stop();
      if (more.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}
