import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach } from 'vitest';
import type { KernelView } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Trajectories } from '#plugins/trajectory/api';
import { tasksConfig } from '../../../plugins/tasks/config.ts';
import { createTasks } from '../../../plugins/tasks/create.ts';
import { eventBus } from '../open-plugin.ts';
import { ScriptedAgent } from './dirs/scripted-agent/scripted-agent.ts';

const folders: string[] = [];
afterEach(() => {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true });
});

export interface CliOptions {
  /** Which streams are a terminal. */
  readonly tty?: readonly ('stdin' | 'stdout' | 'stderr')[];
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: object;
  readonly columns?: number;
  readonly llm?: Llm;
  readonly trajectories?: Trajectories;
  /** Runs of an earlier command line. */
  readonly folder?: string;
}

/** The command line on streams of the test; an agent without a model behind it. */
export function openCli({ tty = [], env = {}, config = {}, columns = 80, folder, llm, trajectories }: CliOptions = {}) {
  const dir = folder ?? mkdtempSync(join(tmpdir(), 'cli-'));
  folders.push(dir);
  const stream = (name: 'stdin' | 'stdout' | 'stderr') =>
    Object.assign(new PassThrough(), { isTTY: tty.includes(name), columns });
  const terminal = { stdin: stream('stdin'), stdout: stream('stdout'), stderr: stream('stderr'), env };
  const said = { out: '', err: '' };
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  terminal.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const agent = new ScriptedAgent(join(dir, 'runs'));
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const ending = new AbortController();
  const { main } = createTasks({
    config: tasksConfig.parse(config),
    log: silent,
    events: eventBus(),
    signal: ending.signal,
    defer: () => undefined,
    owner: { id: 'tasks', generation: 1 },
    kernel: { status: () => ({ mode: 'cli' }) } as unknown as KernelView,
    agent,
    storage: undefined,
    queue: undefined,
    http: undefined,
    trajectories,
    llm,
    terminal,
  });
  const interrupt = new AbortController();
  const run = async (...argv: string[]) => {
    const code = await main.run(argv, interrupt.signal);
    return { code, ...said };
  };
  return { run, said, terminal, agent, dir, interrupt: () => interrupt.abort(new Error('SIGINT')) };
}
