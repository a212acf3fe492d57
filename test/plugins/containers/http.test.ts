import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CONTAINER_CHANGED, type ContainerChange } from '#plugins/containers/api';
import { DockerEngine } from '../../support/docker-engine.ts';
import { pause, until } from '../../support/workbench.ts';
import { Dock } from './dock.ts';

const engine = await DockerEngine.find();
const SECRET = 'planted-in-http-4711';

describe.skipIf(engine === undefined)('a server in a container, over HTTP', () => {
  let dock: Dock;
  let plan: ReturnType<Dock['plan']>;
  beforeAll(async () => {
    const servers = { 'npm:calm-server': { transport: 'http' as const, port: 4_000 } };
    dock = await Dock.open(engine!, { servers, startMs: 15_000, unhealthy: 2, firstPort: 18_100, lastPort: 18_120 });
    plan = dock.plan('web', {
      limits: { network: 'full' },
      distribution: { env: { API_KEY: '{secret:KEY}' } },
      secrets: { KEY: SECRET },
    });
    await dock.install(plan);
  }, 120_000);
  afterEach(async () => {
    const guest = await dock.connect(plan);
    expect(await guest.call('echo', { text: 'up' })).toEqual({ text: 'up' });
    await guest.client.close();
  });
  afterAll(async () => {
    await dock?.close();
    await engine?.close();
  }, 120_000);

  const only = (): string => {
    const found = dock.containers('web');
    expect(found.length).toBe(1);
    return found[0]!;
  };
  /** A container of this server that is running, other than `before`, and that answers. */
  const back = async (before?: string) => {
    await until(
      'the server to be back',
      async () => {
        await pause(200); // asking the engine from here blocks this process, and the plugin is in it
        const [id] = dock.containers('web', '--filter', 'status=running');
        return id !== undefined && id !== before && (await answersAt(await url()));
      },
      30_000,
    );
    return only();
  };
  const url = async (): Promise<string> => {
    const launch = await dock.runner.launch(plan);
    return launch.kind === 'http' ? launch.url : '';
  };

  test('has a fixed port on loopback, stays over a restart of the kernel, and is held to its limits', async () => {
    const id = only();
    const { HostConfig, Config } = dock.inspect(id);
    expect(HostConfig).toMatchObject({
      RestartPolicy: { Name: 'unless-stopped' },
      NetworkMode: 'bridge',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1024k', 'max-file': '2' } },
    });
    const [binding] = HostConfig.PortBindings['4000/tcp'];
    expect(binding.HostIp).toBe('127.0.0.1');
    expect(await url()).toBe(`http://127.0.0.1:${binding.HostPort}/mcp`);
    expect(Object.values(Config.Labels).join()).not.toContain(SECRET);
    const address = await url();
    await dock.restart();
    expect(await url()).toBe(address);
    expect(only()).toBe(id);
  }, 120_000);

  test('stopped by somebody: started again', async () => {
    const id = only();
    dock.docker('stop', '-t', '1', id);
    expect(await back()).toBe(id);
  }, 120_000);

  test('removed by somebody, and its image with it: back from the tar, at the same address', async () => {
    const address = await url();
    const id = only();
    const { Image } = dock.inspect(id);
    dock.docker('rm', '-f', id);
    dock.docker('rmi', '-f', Image);
    await back(id);
    expect(await url()).toBe(address);
  }, 120_000);

  test('gone while the kernel was away, its name and its port taken: made again beside them', async () => {
    const address = await url();
    await dock.opened.close();
    dock.docker('rm', '-f', only());
    const foreign = dock.docker('run', '-d', '--name', 'mcp-web', dock.engine.baseImage, 'sleep', '600');
    const squatter = createServer((_request, response) => response.end()).listen(
      Number(new URL(address).port),
      '127.0.0.1',
    );
    try {
      await dock.start();
      const other = await url();
      expect(other).not.toBe(address);
      await back();
      expect(dock.inspect(only()).Name).toMatch(/^\/mcp-web-/);
      await dock.restart();
      expect(await url()).toBe(other);
    } finally {
      squatter.close();
      dock.docker('rm', '-f', foreign);
    }
  }, 120_000);

  test('does not answer any more: restarted, and events tell of it', async () => {
    const id = only();
    const seen: ContainerChange[] = [];
    const unsubscribe = dock.opened.events.subscribe(CONTAINER_CHANGED, (change) => void seen.push(change));
    const { Pid } = dock.inspect(id).State;
    process.kill(childOf(Pid), 'SIGSTOP');
    await until('its restart', () => seen.some(({ action }) => action === 'start'), 40_000);
    expect(seen.map(({ action, server }) => `${server} ${action}`)).toContain('web die');
    expect(dock.opened.lines.some(({ sentence }) => sentence.includes('does not answer'))).toBe(true);
    unsubscribe();
    await back();
  }, 120_000);

  test('other limits make another container, on the same port', async () => {
    const address = await url();
    const before = only();
    plan = { ...plan, limits: { ...plan.limits, memoryMb: 192 } };
    expect(await url()).toBe(address);
    const after = await back(before);
    expect(dock.inspect(after).HostConfig.Memory).toBe(192 * 1024 * 1024);
  }, 120_000);

  test('is refused at a level without network, and told apart from a server that never answers', async () => {
    await expect(
      dock.install({ ...plan, server: 'mute', limits: { ...plan.limits, network: 'none' } }),
    ).rejects.toMatchObject({
      code: 'LAUNCH_REFUSED',
    });
    dock.registry.publish({
      name: 'calm-server',
      version: '2.0.0',
      files: { 'server.cjs': 'console.error("no key was given"); process.exit(1)' },
      manifest: { bin: 'server.cjs' },
    });
    const broken = dock.plan('broken', { limits: { network: 'full' }, distribution: { version: '2.0.0' } });
    await expect(dock.install(broken)).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: expect.stringContaining('no key was given'),
    });
    await dock.runner.remove('broken');
    expect(dock.containers('broken')).toEqual([]);
  }, 120_000);
});

/** The server itself: the first process of the container only passes signals on. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

async function answersAt(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(address, { timeout: 1_000, agent: false }, (response) => {
      resolve(response.statusCode === 405);
      response.destroy();
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
