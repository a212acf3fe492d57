import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { test } from 'vitest';
import type { z } from 'zod';
import type { SandboxLimits } from '#plugins/policy/api';
import type { RunPlan, ServerRunner } from '#plugins/provisioner/api';
import plugin from '../../../plugins/process-runner/index.ts';
import { NpmRegistry, type TestPackage } from '../../support/npm-registry.ts';
import { sandboxMissing } from '../../support/sandbox.ts';
import { openPlugin } from '../open-plugin.ts';

export const sandboxed = test.skipIf(sandboxMissing('attacks of installed servers on their sandbox') !== undefined);

const HOSTILE = path.join(import.meta.dirname, '../../fixtures/hostile-servers');
export const hostileFile = (name: string): string => readFileSync(path.join(HOSTILE, name), 'utf8');

export const LIMITS: SandboxLimits = {
  memoryMb: 256,
  processes: 48,
  cpus: 1,
  openFiles: 128,
  fileMb: 16,
  dataMb: 32,
  network: 'none',
  sandbox: 'required',
};

/** A process runner with a folder and a registry of its own. */
export class Workshop {
  readonly dir: string;
  readonly registry: NpmRegistry;
  readonly runner: ServerRunner;
  readonly opened: Awaited<ReturnType<typeof open>>;
  readonly #connected = new Set<Client>();

  private constructor(registry: NpmRegistry, opened: Awaited<ReturnType<typeof open>>, dir: string) {
    this.registry = registry;
    this.opened = opened;
    this.runner = opened.plugin.runner;
    this.dir = dir;
  }

  static async open(config: z.input<typeof plugin.config> = {}): Promise<Workshop> {
    const dir = mkdtempSync(path.join(tmpdir(), 'process-runner-'));
    const registry = await NpmRegistry.start();
    return new Workshop(registry, await open({ dir, registry: registry.url, minFreeMb: 0, ...config }), dir);
  }

  /** Publishes a server whose tool `attack` is that file of the fixtures. */
  publish(name: string, attack = 'calm.cjs', more: Partial<TestPackage> = {}): void {
    this.registry.publish({
      name,
      version: '1.0.0',
      ...more,
      files: { 'server.cjs': hostileFile('server.cjs'), 'attack.cjs': hostileFile(attack), ...more.files },
      manifest: { bin: 'server.cjs', ...more.manifest },
    });
  }

  plan(name: string, { limits, distribution, ...more }: PlanChanges = {}): RunPlan {
    return {
      server: name,
      distribution: { kind: 'npm', package: name, version: '1.0.0', args: [], env: {}, ...distribution },
      limits: { ...LIMITS, ...limits },
      secrets: {},
      ...more,
    };
  }

  install(plan: RunPlan, signal: AbortSignal = new AbortController().signal): Promise<void> {
    return this.runner.install(plan, () => {}, signal);
  }

  /** As the dispatcher starts it. */
  async connect(plan: RunPlan): Promise<Connected> {
    const launch = await this.runner.launch(plan);
    if (launch.kind !== 'stdio') throw new Error(launch.kind);
    const transport = new StdioClientTransport({
      command: launch.command,
      args: [...launch.args],
      env: { ...launch.env },
      stderr: 'pipe',
    });
    const said = { stderr: '' };
    transport.stderr?.on('data', (chunk: Buffer) => {
      said.stderr = (said.stderr + chunk.toString()).slice(-100_000);
    });
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(transport);
    this.#connected.add(client);
    const closed = new Promise<void>((resolve) => {
      client.onclose = () => {
        this.#connected.delete(client);
        resolve();
      };
    });
    return {
      client,
      pid: transport.pid!,
      said,
      closed,
      attack: async (args = {}) => {
        const { content } = await client.callTool({ name: 'attack', arguments: args });
        return JSON.parse((content as { text: string }[])[0]!.text);
      },
    };
  }

  async close(): Promise<void> {
    for (const client of this.#connected) await client.close();
    await this.opened.close();
    await this.registry.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Connected {
  readonly client: Client;
  readonly pid: number;
  readonly said: { stderr: string };
  readonly closed: Promise<void>;
  attack(args?: Record<string, unknown>): Promise<Record<string, unknown>>;
}
type PlanChanges = Partial<Omit<RunPlan, 'limits' | 'distribution'>> & {
  readonly limits?: Partial<SandboxLimits>;
  readonly distribution?: Partial<Extract<RunPlan['distribution'], { kind: 'npm' }>>;
};

const open = (config: z.input<typeof plugin.config>) => openPlugin(plugin, config);
