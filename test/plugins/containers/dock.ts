import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { z } from 'zod';
import type { SandboxLimits } from '#plugins/policy/api';
import type { InstallStep, RunPlan } from '#plugins/provisioner/api';
import type { Launch } from '#plugins/tool-registry/api';
import plugin from '../../../plugins/containers/index.ts';
import type { DockerEngine } from '../../support/docker-engine.ts';
import { NpmRegistry } from '../../support/npm-registry.ts';
import { pause, until } from '../../support/workbench.ts';
import { openPlugin } from '../open-plugin.ts';

const SERVER = path.join(import.meta.dirname, '../../fixtures/container-servers/server.cjs');

export const LIMITS: SandboxLimits = {
  memoryMb: 128,
  processes: 48,
  cpus: 0.5,
  openFiles: 128,
  fileMb: 16,
  dataMb: 32,
  network: 'none',
  sandbox: 'required',
};
type Opened = Awaited<ReturnType<typeof openContainers>>;

/** The plugin with a folder and a registry of its own, at a real engine. */
export class Dock {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'containers-'));
  readonly engine: DockerEngine;
  readonly registry: NpmRegistry;
  readonly #config: z.input<typeof plugin.config>;
  readonly #clients = new Set<Client>();
  opened!: Opened;

  private constructor(engine: DockerEngine, registry: NpmRegistry, config: z.input<typeof plugin.config>) {
    this.engine = engine;
    this.registry = registry;
    this.#config = config;
  }

  static async open(engine: DockerEngine, config: z.input<typeof plugin.config> = {}): Promise<Dock> {
    const registry = await NpmRegistry.start();
    registry.publish({
      name: 'calm-server',
      version: '1.0.0',
      files: { 'server.cjs': readFileSync(SERVER, 'utf8') },
      manifest: { bin: 'server.cjs' },
    });
    const dock = new Dock(engine, registry, config);
    await dock.start();
    return dock;
  }

  /** As after a restart of the kernel: only the folder is the same. */
  async restart(): Promise<void> {
    await this.opened.close();
    await this.start();
  }

  async start(): Promise<void> {
    const { socket, baseImage } = this.engine;
    const config = { dir: this.dir, socket, baseImage, registry: this.registry.url, watchMs: 500, reconnectMs: 200 };
    this.opened = await openContainers({ ...config, ...this.#config });
  }

  get runner() {
    return this.opened.plugin.runner;
  }
  get images() {
    return this.opened.plugin.images;
  }

  plan(server: string, { distribution, limits, ...more }: PlanChanges = {}): RunPlan {
    return {
      server,
      distribution: { kind: 'npm', package: 'calm-server', version: '1.0.0', args: [], env: {}, ...distribution },
      limits: { ...LIMITS, ...limits },
      secrets: {},
      ...more,
    };
  }

  async install(plan: RunPlan, signal = new AbortController().signal): Promise<string[]> {
    const steps: InstallStep[] = [];
    await this.runner.install(plan, (step) => steps.push(step), signal);
    return [...new Set(steps.map(({ step }) => step))];
  }

  /** As the dispatcher starts it. */
  async connect(plan: RunPlan): Promise<Guest> {
    return this.connectTo(await this.runner.launch(plan));
  }

  async connectTo(launch: Launch): Promise<Guest> {
    const said = { stderr: '' };
    const client = new Client({ name: 'test', version: '1' });
    if (launch.kind === 'http') await client.connect(new StreamableHTTPClientTransport(new URL(launch.url)));
    if (launch.kind !== 'stdio') return this.#guest(client, undefined, said);
    const { command, args, env } = launch;
    const transport = new StdioClientTransport({ command, args: [...args], env: { ...env }, stderr: 'pipe' });
    transport.stderr?.on('data', (chunk: Buffer) => {
      said.stderr += chunk.toString();
    });
    await client.connect(transport, { timeout: 30_000 });
    return this.#guest(client, transport.pid!, said);
  }

  #guest(client: Client, pid: number | undefined, said: { stderr: string }): Guest {
    this.#clients.add(client);
    const closed = new Promise<void>((resolve) => {
      client.onclose = () => resolve();
    });
    const call = async (tool: string, given: object = {}) => {
      const { content } = await client.callTool({ name: tool, arguments: { ...given } });
      return JSON.parse((content as { text: string }[])[0]!.text);
    };
    return { client, pid, said, closed, call };
  }

  /** Another name for the image of a server. */
  tag(server: string, name: string): void {
    const label = `label=mcp.server.id=${server}`;
    this.docker('tag', this.docker('images', '-q', '--filter', label).split('\n')[0]!, name);
  }

  docker(...args: string[]): string {
    return dockerOf(this.engine, ...args);
  }
  containers(server: string, ...more: string[]): string[] {
    return this.docker('ps', '-aq', '--no-trunc', '--filter', `label=mcp.server.id=${server}`, ...more)
      .split('\n')
      .filter(Boolean);
  }
  inspect(id: string) {
    return JSON.parse(this.docker('inspect', id))[0];
  }

  async gone(server: string, ms = 40_000): Promise<void> {
    const isGone = async (): Promise<boolean> => {
      if (this.containers(server).length === 0) return true;
      await pause(100); // asking the engine from here blocks this process, and the plugin is in it
      return false;
    };
    await until(`the end of the containers of ${server}`, isGone, ms);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close().catch(() => {});
    if (await this.engine.answers()) await this.runner.sweep([]);
    await this.opened.close();
    await this.registry.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const dockerOf = ({ socket }: DockerEngine, ...args: string[]): string =>
  execFileSync('docker', ['-H', `unix://${socket}`, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

export interface Guest {
  readonly client: Client;
  /** Of the bridging process. */
  readonly pid: number | undefined;
  readonly said: { stderr: string };
  readonly closed: Promise<void>;
  call(tool: string, given?: object): Promise<Record<string, unknown>>;
}
type PlanChanges = Partial<Omit<RunPlan, 'limits' | 'distribution'>> & {
  readonly limits?: Partial<SandboxLimits>;
  readonly distribution?: Partial<Extract<RunPlan['distribution'], { kind: 'npm' }>>;
};

const openContainers = (config: z.input<typeof plugin.config>) => openPlugin(plugin, config);
