import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../support/docker-engine.ts';
import { until } from '../../support/workbench.ts';
import { Dock } from './dock.ts';

const engine = await DockerEngine.find();
const MIB = 1024 * 1024;

describe.skipIf(engine === undefined)('a server in a container, over stdio', () => {
  let dock: Dock;
  beforeAll(async () => {
    dock = await Dock.open(engine!, { cacheMb: 0 });
  }, 120_000);
  afterEach(() => dock.gone('calm'));
  afterAll(async () => {
    await dock?.close();
    await engine?.close();
  }, 120_000);

  const installed = async (server: string, changes: Parameters<Dock['plan']>[1] = {}) => {
    const plan = dock.plan(server, changes);
    await dock.install(plan);
    return plan;
  };

  test('is built of an npm package, runs, and is called', async () => {
    const plan = dock.plan('calm', { distribution: { args: ['--root', '/x'], env: { MODE: 'quiet' } } });
    expect(await dock.install(plan)).toEqual(['download', 'build']);
    expect(await dock.install(plan)).toEqual([]);
    const guest = await dock.connect(plan);
    expect((await guest.client.listTools()).tools.map(({ name }) => name)).toContain('look');
    const seen = await guest.call('look');
    expect(seen).toMatchObject({ uid: 1000, args: ['--root', '/x'], capabilities: '0000000000000000' });
    expect(seen.env).toMatchObject({ MODE: 'quiet', HOME: '/tmp' });
    const text = '中文 ✓'.repeat(200_000);
    expect(await guest.call('echo', { text })).toEqual({ text });
    await guest.client.close();
    await dock.gone('calm');
  }, 120_000);

  test('has the labels and limits of its level, as the engine shows them', async () => {
    const plan = await installed('calm', { limits: { cpus: 64 } });
    const guest = await dock.connect(plan);
    const { Config, HostConfig, Name } = dock.inspect(dock.containers('calm')[0]!);
    expect(Name).toBe('/mcp-calm');
    expect(Config.Labels).toMatchObject({
      'mcp.server.id': 'calm',
      'mcp.server.name': 'calm-server',
      'mcp.manager': 'toolscore',
      'mcp.auto-recover': 'true',
    });
    expect(Config).toMatchObject({ User: '1000:1000', Tty: false, StdinOnce: true });
    expect(HostConfig).toMatchObject({
      Memory: 128 * MIB,
      MemorySwap: 128 * MIB,
      NanoCpus: Number(dock.docker('info', '-f', '{{.NCPU}}')) * 1e9,
      PidsLimit: 48,
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: null,
      SecurityOpt: ['no-new-privileges'],
      Init: true,
      NetworkMode: 'none',
      Binds: [],
      RestartPolicy: { Name: 'no' },
    });
    expect(HostConfig.Ulimits).toContainEqual({ Name: 'nofile', Soft: 128, Hard: 128 });
    expect(HostConfig.Ulimits).toContainEqual({ Name: 'fsize', Soft: 16 * MIB, Hard: 16 * MIB });
    await guest.client.close();
  }, 120_000);

  test('writes to /tmp only, and reaches nobody', async () => {
    const guest = await dock.connect(await installed('calm'));
    expect(await guest.call('write', { file: '/tmp/mine' })).toEqual({ written: 1 });
    for (const file of ['/app/evil', '/etc/evil', '/data/evil', '/evil', '/home/node/evil'])
      expect(await guest.call('write', { file })).toMatchObject({ code: expect.stringMatching(/EROFS|EACCES/) });
    expect(await guest.call('connect', { host: '172.28.0.1', port: 80 })).toMatchObject({ reached: false });
    expect(await guest.call('read', { file: '/var/run/docker.sock' })).toEqual({ text: null });
    await guest.client.close();
  }, 120_000);

  test('is ended for its memory, and says so', async () => {
    const guest = await dock.connect(await installed('calm', { limits: { memoryMb: 64 } }));
    await expect(guest.call('eat')).rejects.toThrow();
    await guest.closed;
    expect(guest.said.stderr).toContain('the limit is 64 MiB');
    await dock.gone('calm');
  }, 120_000);

  test('gets the secrets that it names, which stand in no list of processes and not in its plan', async () => {
    const plan = await installed('calm', {
      distribution: { args: ['--dsn', 'x:{secret:KEY}'], env: { API_KEY: '{secret:KEY}', GONE: '{secret:OTHER}' } },
      secrets: { KEY: 'planted-4711', UNASKED: 'unasked-0815' },
    });
    const launch = await dock.runner.launch(plan);
    expect(launch.kind === 'stdio' && launch.env.CONTAINER_PLAN).not.toContain('planted-4711');
    const guest = await dock.connect(plan);
    const seen = await guest.call('look');
    expect(seen).toMatchObject({ args: ['--dsn', 'x:planted-4711'], env: { API_KEY: 'planted-4711' } });
    expect(seen.commandLine).not.toContain('planted');
    expect(Object.keys(seen.env as object)).not.toContain('GONE');
    expect(JSON.stringify(seen)).not.toContain('unasked');
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('planted-4711');
    expect(JSON.stringify(dock.opened.lines)).not.toContain('planted-4711');
    await guest.client.close();
    await expect(dock.runner.launch({ ...plan, secrets: {} })).rejects.toMatchObject({ code: 'SECRET_MISSING' });
  }, 120_000);

  test('keeps what it writes to {data} in a volume of its own, until it is removed', async () => {
    const plan = await installed('writer', { distribution: { args: ['{data}/notes'] } });
    const first = await dock.connect(plan);
    expect(await first.call('look')).toMatchObject({ args: ['/data/notes'] });
    expect(await first.call('write', { file: '/data/notes', text: 'kept' })).toEqual({ written: 4 });
    await first.client.close();
    await dock.gone('writer');
    const second = await dock.connect(plan);
    expect(await second.call('read', { file: '/data/notes' })).toEqual({ text: 'kept' });
    await second.client.close();
    await dock.runner.remove('writer');
    const left = ['label=mcp.server.id=writer'].flatMap((label) => [
      dock.docker('volume', 'ls', '-q', '--filter', label),
      dock.docker('images', '-q', '--filter', label),
      dock.docker('ps', '-aq', '--filter', label),
    ]);
    expect(left).toEqual(['', '', '']);
    await expect(dock.runner.launch(plan)).rejects.toMatchObject({ code: 'INSTALLATION_BROKEN' });
  }, 120_000);

  test.each(['closed stdin', 'SIGTERM', 'SIGKILL'])(
    'leaves no container after %s, whatever it ignores',
    async (how) => {
      const plan = await installed('calm');
      const guest = await dock.connect(plan);
      await guest.call('ignore');
      if (how === 'closed stdin') await guest.client.close();
      else process.kill(guest.pid!, how);
      await dock.gone('calm');
      await until('the end of its bridge', () => !readsAs(guest.pid!, 'attach/main'));
    },
    60_000,
  );

  test('takes another name where its own is taken', async () => {
    const plan = await installed('calm');
    const { baseImage } = dock.engine;
    const foreign = dock.docker('run', '-d', '--name', 'mcp-calm', baseImage, 'sleep', '600');
    try {
      const guests = [await dock.connect(plan), await dock.connect(plan)];
      for (const guest of guests) expect(await guest.call('echo', { text: 'here' })).toEqual({ text: 'here' });
      for (const guest of guests) await guest.client.close();
      await dock.gone('calm');
      expect(dock.inspect(foreign).State.Running).toBe(true);
    } finally {
      dock.docker('rm', '-f', foreign);
    }
  }, 120_000);
});

function readsAs(pid: number, part: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part);
  } catch {
    return false;
  }
}
