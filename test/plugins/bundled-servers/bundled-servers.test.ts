import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { optionsSchema as browserOptions } from '../../../mcp-servers/browser-navigator/options.ts';
import { optionsSchema } from '../../../mcp-servers/python-executor/options.ts';
import { bundledConfig } from '../../../plugins/bundled-servers/config.ts';
import bundledPlugin from '../../../plugins/bundled-servers/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { openRegistry } from '../tool-registry/open-registry.ts';

const manifestOf = (server: string) => new URL(`../../../mcp-servers/${server}/manifest.json`, import.meta.url);

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
    expect(
      (await open({ pythonExecutor: { run: 'off' }, browserNavigator: { run: 'off' } })).registry.snapshot.servers.size,
    ).toBe(0);
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
    const { registry, lines, plugin } = await open({ browserNavigator: { run: 'off' } }, mine);
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
    expect(second.registry.snapshot.servers.has('python-executor')).toBe(true);
  });
});

describe('the browser navigator', () => {
  // Any program will do: none is started.
  const chromium = process.execPath;

  it('is listed where a Chromium is found, without starting anything', async () => {
    const { registry } = await open({ browserNavigator: { chromium, allowPrivate: ['wiki', '*.corp.example'] } });
    const { spec, tools } = registry.server('browser-navigator');
    expect(spec).toMatchObject({
      start: 'lazy',
      toolkit: 'web',
      owner: 'bundled-servers',
      mainTool: 'browser_navigate',
    });
    expect(tools.map(({ name }) => name)).toContain('browser_read');
    const [launch] = spec.launches;
    if (launch?.kind !== 'stdio') throw new Error('not a process');
    expect(existsSync(launch.args[0]!)).toBe(true);
    expect(launch.args.slice(1)).toEqual([`--chromium=${chromium}`, '--allow-private=wiki,*.corp.example']);
  });

  it('stays out where there is none, says so in one line, and when it is off says nothing', async () => {
    const without = await open({ browserNavigator: { chromium: '/nonexistent/chromium' } });
    expect([...without.registry.snapshot.servers.keys()]).toEqual(['python-executor']);
    expect(without.lines.map(({ level }) => level)).toEqual(['info']);
    expect(without.plugin.health!()).toMatchObject({
      ok: true,
      detail: { left: expect.stringContaining('/nonexistent') },
    });
    expect((await open({ browserNavigator: { run: 'off' } })).lines).toEqual([]);
  });
});

describe('what is shipped', () => {
  it('has an option here for every option of the server', () => {
    const { pythonExecutor, browserNavigator } = bundledConfig.shape;
    const limitsOf = (shape: object) =>
      Object.keys(shape)
        .filter((name) => name !== 'run' && name !== 'idleMs')
        .sort();
    expect(limitsOf(pythonExecutor.unwrap().shape)).toEqual(Object.keys(optionsSchema.shape).sort());
    expect(limitsOf(browserNavigator.unwrap().shape)).toEqual(Object.keys(browserOptions.shape).sort());
  });

  it.each(['python-executor', 'browser-navigator'])('has a manifest of %s that is what it answers', async (name) => {
    const { registry } = await open({ browserNavigator: { chromium: process.execPath } });
    const [launch] = registry.server(name).spec.launches;
    if (launch?.kind !== 'stdio') throw new Error('not a process');
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({ command: launch.command, args: [...launch.args], stderr: 'ignore' }),
    );
    onTestFinished(() => client.close());
    const { tools } = await client.listTools();
    expect(
      JSON.parse(await readFile(manifestOf(name), 'utf8')),
      'write the answer of tools/list to manifest.json',
    ).toEqual({
      tools,
    });
  });
});
