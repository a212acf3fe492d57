import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { Llm } from '#plugins/llm/api';
import type { Policy } from '#plugins/policy/api';
import type { CallRecord, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { evolutionConfig } from '../../../plugins/evolution/config.ts';
import evolutionPlugin from '../../../plugins/evolution/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import registryPlugin from '../../../plugins/tool-registry/index.ts';
import trajectoryPlugin from '../../../plugins/trajectory/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { spec, tool } from '../tool-registry/sample.ts';

export interface Opening {
  readonly dir?: string;
  readonly url?: string;
  readonly config?: z.input<typeof evolutionConfig>;
  readonly policy?: Policy;
  readonly llm?: Llm;
  readonly archive?: Partial<TrajectoryArchive>;
  /** Who calls counts for itself, as a dispatcher does. */
  readonly listens?: boolean;
}

/** Evolution on a real database, registry and recorder; opened twice in one folder, it is a restart or a second process. */
export async function openEvolution(options: Opening = {}) {
  const dir = options.dir ?? (await freshDir());
  const opened = await openPlugin(storagePlugin, { dir: path.join(dir, 'data'), url: options.url ?? '' });
  const { storage } = opened.plugin;
  const registered = await openPlugin(registryPlugin, { saveDelayMs: 1 }, { storage, groups: new Map() });
  const { registry, learning } = registered.plugin;
  const recorder = await openPlugin(trajectoryPlugin, { dir: path.join(dir, 'runs') }, { storage });
  const { trajectories } = recorder.plugin;
  const listeners = new Set<(record: CallRecord) => void>();
  const dispatcher = {
    onCall(listener: (record: CallRecord) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const services = {
    storage,
    registry,
    learning,
    trajectories,
    policy: options.policy,
    llm: options.llm,
    archive: options.archive,
    ...(options.listens && { dispatcher: dispatcher as unknown as ToolDispatcher }),
  };
  const plugin = await openPlugin(evolutionPlugin, options.config ?? {}, services);

  const close = async (): Promise<void> => {
    await plugin.close();
    await recorder.close();
    await registered.close();
    await opened.close();
  };
  onTestFinished(close);

  const call = (id: string, ok: boolean): void => {
    registry.observe({ tool: id, durationMs: 10, outcome: ok ? 'ok' : 'tool_error', resultBytes: 1 });
    for (const listener of listeners) listener({ tool: id } as CallRecord);
  };
  return {
    evolution: plugin.plugin.evolution,
    health: () => plugin.plugin.health?.(),
    lines: plugin.lines,
    events: plugin.events,
    registry,
    storage,
    trajectories,
    services,
    dir,
    close,
    /** Ends this plugin alone. */
    closeEvolution: plugin.close,
    server(id: string, ...tools: Parameters<typeof tool>[]): void {
      registry.register(spec(id));
      registry.setTools(
        id,
        tools.map((each) => tool(...each)),
        {},
      );
    },
    /** Calls that are counted: `successes` of them succeed, the failures come first. */
    calls(id: string, uses: number, successes: number): void {
      for (let at = 0; at < uses; at++) call(id, at >= uses - successes);
    },
    call,
    /** One recorded run of an agent. */
    async run(scenario: string | undefined, calls: readonly RunCall[], success?: boolean): Promise<void> {
      const at = Date.now();
      const run = await trajectories.open({ id: randomUUID(), task: 'a task', agent: 'a', model: 'm', startedAt: at });
      if (scenario !== undefined)
        run.step({
          kind: 'scenario_identification',
          turn: 0,
          at,
          output: { identified_scenario: scenario },
          success: true,
        });
      for (const [name, ok, more = {}] of calls)
        run.step({
          kind: 'tool_execution',
          phase: 'ended',
          turn: 1,
          at,
          input: { tool: name, args: JSON.stringify(more.args ?? {}) },
          output: { text: more.text ?? (ok ? 'done' : 'failed') },
          success: ok,
          durationMs: 5,
        });
      await run.finish({ reason: 'done', at, ...(success !== undefined && { success }) });
    },
  };
}
export type RunCall = readonly [tool: string, ok: boolean, more?: { readonly args?: object; readonly text?: string }];

export const repeated = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

export async function freshDir(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'evolution-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
