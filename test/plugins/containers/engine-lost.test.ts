import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../support/docker-engine.ts';
import { pause, until } from '../../support/workbench.ts';
import { Dock, dockerOf } from './dock.ts';

// It is killed: nobody else may use it meanwhile.
const engine = await DockerEngine.find('killed');
const NPM = { kind: 'npm', package: 'calm-server', version: '1.0.0', args: [], env: {} } as const;

describe.skipIf(engine === undefined)('an engine that is killed', () => {
  let dock: Dock;
  beforeAll(async () => {
    const servers = { 'oci:localhost/calm:1': { transport: 'http' as const, port: 4_000 } };
    dock = await Dock.open(engine!, { cacheMb: 0, servers, firstPort: 18_130, lastPort: 18_140 });
  }, 180_000);
  afterAll(async () => {
    await engine?.start();
    await dock?.close();
    await engine?.purge();
  }, 180_000);

  test('comes back: servers over HTTP run again at their address, those over stdio can be started', async () => {
    const attached = dock.plan('calm');
    await dock.install(attached);
    dock.tag('calm', 'localhost/calm:1');
    const image = { kind: 'oci', image: 'localhost/calm:1', args: [], env: {} } as const;
    const listening = { ...dock.plan('web', { limits: { network: 'full' } }), distribution: image };
    await dock.install(listening);
    const guest = await dock.connect(attached);
    expect(await guest.call('echo', { text: 'before' })).toEqual({ text: 'before' });
    const launch = await dock.runner.launch(listening);

    await engine!.kill();
    await until('the plugin to notice', () => !dock.runner.supports(NPM).ok);
    expect(dock.runner.supports(NPM)).toEqual({ ok: false, reason: expect.stringContaining('no Docker Engine') });
    await expect(dock.install(dock.plan('late'))).rejects.toMatchObject({ code: 'RUNNER_UNFIT' });
    await guest.closed;
    expect(guest.said.stderr).toContain('the Docker Engine went away');
    // A server that is called meanwhile waits for the engine.
    const waiting = dock.connect(attached);
    await pause(300);
    await engine!.start();

    const again = await waiting;
    expect(await again.call('echo', { text: 'after' })).toEqual({ text: 'after' });
    await again.client.close();
    await until('the plugin to notice', () => dock.runner.supports(NPM).ok, 40_000);
    const isUp = async (): Promise<boolean> => {
      await pause(200);
      return dock.containers('web', '--filter', 'status=running').length === 1;
    };
    await until('the server over HTTP', isUp, 30_000);
    expect(await dock.runner.launch(listening)).toEqual(launch);
    const tried = () => dock.connect(listening).catch(() => pause(200).then(() => undefined));
    const caller = await until('its answer', tried, 40_000);
    expect(await caller.call('echo', { text: 'after' })).toEqual({ text: 'after' });
    await caller.client.close();
    await dock.gone('calm');
    expect(dock.opened.lines.filter(({ sentence }) => sentence.includes('No Docker Engine')).length).toBe(1);
  }, 180_000);

  test('the kernel killed with everything else: what it had is found again, what nobody wants is removed', async () => {
    const guest = await dock.connect(dock.plan('calm'));
    await guest.call('ignore');
    await dock.opened.close(); // watches no more: nobody cleans up after the bridge
    process.kill(guest.pid!, 'SIGKILL');
    await guest.closed;
    const [orphan] = dock.containers('calm');
    expect(orphan).toBeDefined();
    await dock.start();
    await dock.gone('calm');
    await dock.runner.sweep(['calm']);
    await expect.poll(() => dock.containers('web'), { timeout: 30_000, interval: 500 }).toEqual([]);
    expect(dockerOf(engine!, 'images', '-q', '--filter', 'label=mcp.server.id=calm')).not.toBe('');
    await dock.runner.sweep([]);
    expect(dockerOf(engine!, 'images', '-q', '--filter', 'label=mcp.server.id=calm')).toBe('');
  }, 180_000);
});
