import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { optionsSchema } from '../../../mcp-servers/python-executor/options.ts';
import { bundledConfig } from '../../../plugins/bundled-servers/config.ts';
import bundledPlugin from '../../../plugins/bundled-servers/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { openRegistry } from '../tool-registry/open-registry.ts';

const MANIFEST = new URL('../../../mcp-servers/python-executor/manifest.json', import.meta.url);

async function open(config: z.input<typeof bundledPlugin.config> = {}, before?: (registry: Registry) => void) {
  const { registry } = await openRegistry();
  before?.(registry);
  const opened = await openPlugin(bundledPlugin, config, { registry });
  onTestFinished(opened.close);
  return { ...opened, registry };
}
type Registry = Awaited<ReturnType<typeof openRegistry>>['registry'];

describe('the Python executor', () => {
  it('is listed before it runs, and found by the names that it had', async () => {
    const { registry } = await open();
    const { spec } = registry.server('python-executor-mcp-server');
    expect(spec).toMatchObject({
      start: 'lazy',
      toolkit: 'code',
      owner: 'bundled-servers',
      timeouts: { idleMs: 300_000 },
    });
    const [launch] = spec.launches;
    expect(launch).toMatchObject({ kind: 'stdio', command: process.execPath, env: {} });
    expect(existsSync(launch!.kind === 'stdio' ? launch!.args[0]! : '')).toBe(true);
    expect(registry.resolve('python_executor_server').id).toBe('python-executor/python_execute');
    expect(registry.resolve('python-executor', 'python_session_open').mcpName).toBe(
      'python-executor__python_session_open',
    );
  });

  it('runs in this process, or not at all, by one word', async () => {
    const { registry } = await open({ pythonExecutor: { run: 'in-process', memoryMib: 256 } });
    const [launch] = registry.server('python-executor').spec.launches;
    expect(launch).toMatchObject({ kind: 'module', options: { memoryMib: 256 } });
    const { createServer } = await import(launch!.kind === 'module' ? launch!.module : '');
    await createServer({ memoryMib: 256 }).close();
    expect((await open({ pythonExecutor: { run: 'off' } })).registry.snapshot.servers.size).toBe(0);
  });

  it('gets its limits as flags, and is asked for its list where they change it', async () => {
    const limits = { maxTimeoutSeconds: 600, allowPackages: ['attrs', 'six'], allowUnsandboxed: true };
    const { registry } = await open({ pythonExecutor: limits });
    const { spec } = registry.server('python-executor');
    expect(spec).toMatchObject({ start: 'eager', timeouts: { callMs: 630_000 } });
    expect(spec.manifest).toBeUndefined();
    const [launch] = spec.launches;
    expect(launch!.kind === 'stdio' && launch!.args.slice(1).sort()).toEqual([
      '--allow-packages=attrs,six',
      '--allow-unsandboxed=true',
      '--max-timeout-seconds=600',
    ]);
  });

  it('leaves its name to whoever has it', async () => {
    const mine = (registry: Registry): void => {
      const launches = [{ kind: 'unix', path: '/run/p' }] as const;
      const limits = { timeouts: { connectMs: 1, callMs: 1, idleMs: 0 }, pool: { warm: 0, max: 1 } };
      const common = { start: 'lazy', connection: 'shared', protocol: 'auto', owner: 'mcp.json' } as const;
      registry.register({ id: 'python_executor_server', launches, ...limits, ...common });
    };
    const { registry, lines, plugin } = await open({}, mine);
    expect([...registry.snapshot.servers.keys()]).toEqual(['python-executor-server']);
    expect(lines.map((line) => line.level)).toEqual(['warn']);
    expect(plugin.health!()).toMatchObject({ ok: true, detail: { left: expect.stringContaining('mcp.json') } });
  });

  it('goes with the plugin, but not when another version took over', async () => {
    const first = await open();
    await first.close();
    expect(first.registry.snapshot.servers.size).toBe(0);
    const second = await open();
    second.plugin.exportState!();
    await second.close();
    expect(second.registry.snapshot.servers.size).toBe(1);
  });
});

describe('what is shipped', () => {
  it('has an option here for every option of the server', () => {
    const shape = bundledConfig.shape.pythonExecutor.unwrap().shape;
    const { run: _run, idleMs: _idleMs, ...limits } = shape;
    expect(Object.keys(limits).sort()).toEqual(Object.keys(optionsSchema.shape).sort());
  });

  it('has a manifest that is what the server answers', async () => {
    const { registry } = await open();
    const [launch] = registry.server('python-executor').spec.launches;
    if (launch?.kind !== 'stdio') throw new Error('not a process');
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({ command: launch.command, args: [...launch.args], stderr: 'ignore' }),
    );
    onTestFinished(() => client.close());
    const { tools } = await client.listTools();
    expect(JSON.parse(await readFile(MANIFEST, 'utf8')), 'write the answer of tools/list to manifest.json').toEqual({
      tools,
    });
  });
});
