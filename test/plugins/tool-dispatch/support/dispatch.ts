import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Log } from '#kernel';
import type { Caller, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Launch } from '#plugins/tool-registry/api';
import plugin from '../../../../plugins/tool-dispatch/index.ts';
import { SmallRegistry } from './registry.ts';

export interface Opened {
  readonly dispatcher: ToolDispatcher;
  readonly registry: SmallRegistry;
  readonly lines: string[];
  readonly dir: string;
  health(): ReturnType<NonNullable<ReturnType<typeof plugin.create>['health']>>;
  stop(): Promise<void>;
}

/** The plugin over a registry that only remembers; stopped with the test. */
export async function open(config: Readonly<Record<string, unknown>> = {}): Promise<Opened> {
  const dir = mkdtempSync(join(tmpdir(), 'tool-dispatch-'));
  const registry = new SmallRegistry();
  const lines: string[] = [];
  const write = (level: string) => (sentence: string, fields?: unknown) => {
    lines.push(`${level} ${sentence} ${JSON.stringify(fields ?? {})}`);
  };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const abort = new AbortController();
  const undos: (() => void | Promise<void>)[] = [];
  const created = plugin.create({
    config: plugin.config.parse({ dir, ...config }),
    log,
    events: { publish: () => {}, subscribe: () => () => {} },
    signal: abort.signal,
    defer: (undo) => undos.push(undo),
    id: 'tool-dispatch',
    generation: 1,
    registry,
    storage: undefined,
    telemetry: undefined,
    auth: undefined,
  });
  await created.start?.();
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    abort.abort();
    await created.stop?.();
    for (const undo of undos.reverse()) await undo();
    rmSync(dir, { recursive: true, force: true });
  };
  onTestFinished(stop);
  return { dispatcher: created.dispatcher, registry, lines, dir, health: () => created.health!(), stop };
}

export const node = (
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Launch => ({
  kind: 'stdio',
  command: process.execPath,
  args: [script, ...args],
  env,
});

export const caller = (over: Partial<Caller> = {}): Caller => ({ principal: 'tester', ...over });

export const textOf = (result: { readonly content: readonly { readonly [key: string]: unknown }[] }): unknown =>
  result.content[0]?.text;

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export const fixture = (name: string): string => join(import.meta.dirname, '../../../fixtures/servers', name);

export async function pidOf(dispatcher: ToolDispatcher, registry: SmallRegistry, server: string): Promise<number> {
  const outcome = await dispatcher.call(registry.resolve(`${server}/pid`), {}, { timeoutMs: 8000 });
  return Number(textOf(outcome.result));
}
