import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerOf } from '../plugins/containers/dock.ts';
import { gone } from '../plugins/process-runner/traces.ts';
import { DockerEngine } from '../support/docker-engine.ts';
import { rest, Shop, shopping } from './provisioned-server.ts';
import { RestartedServer } from './restarted-server.ts';

// It is killed: nobody else may use it meanwhile.
const engine = await DockerEngine.find('provisioning');
const MIB = 1024 * 1024;
const CRAFTS = ['weaving', 'pottery', 'forging'];
const LIMITS = { memoryMb: 192, processes: 40, cpus: 0.5, openFiles: 200, fileMb: 12, network: 'none' };
const RULES = { allow: ['npm:*'], levels: { high: { limits: LIMITS } } };
/** With it, a job that a kill cut off ends at once: what is seen then is what the kill left. */
const CLOSED = { rules: [{ name: 'none', when: { subject: ['npm:*'] }, verdict: 'deny' }] };

describe.skipIf(engine === undefined)('a missing tool, in a container', () => {
  let shop: Shop;
  let server: RestartedServer;
  // Another one each time: npm's cache must not have the packages from the last run.
  const description = `Teaches a craft. ${randomUUID()}`;
  const docker = (...args: string[]) => dockerOf(engine!, ...args);
  const labelled = (name: string): string[] => ['--filter', `label=mcp.server.id=${name}`];
  const listed = (text: string): string[] => text.split('\n').filter(Boolean);
  const containers = (name: string) => listed(docker('ps', '-aq', '--no-trunc', ...labelled(name)));
  const images = (name: string) => listed(docker('images', '-q', '--no-trunc', ...labelled(name)));
  const kept = (folder: string): string[] => readdirSync(server.data('containers', folder)).sort();
  const rules = (text: object): void => writeFileSync(join(server.dir, 'policy.yaml'), JSON.stringify(text));
  const isFetched = (before: number) => () => shop.npm.requests.slice(before).some((path) => path.endsWith('.tgz'));
  const request = (name: string) =>
    rest(server, '/tools/request-capability', {
      task_description: `Teach me the craft of ${name}`,
      required_capabilities: [name],
    });
  const call = async (name: string) => {
    const { body } = await rest(server, `/tools/execute/${name}/${name}_tool`, { parameters: { of: 'blue' } });
    return body.success ? body.output : body.code;
  };
  const done = (name: string, version = '1.0.0') => `${name} done ${version} {"of":"blue"}`;
  const installed = async () => (await rest(server, '/installed')).body.servers;
  const isGone = (name: string) => expect.poll(() => containers(name), { timeout: 20_000, interval: 200 }).toEqual([]);

  beforeAll(async () => {
    shop = await Shop.open();
    for (const name of CRAFTS) shop.publish(name, '1.0.0', { description });
    const { socket, baseImage } = engine!;
    server = new RestartedServer({
      ...shopping(shop, 'catalog'),
      policy: { file: 'policy.yaml' },
      containers: { socket, baseImage, pull: false, registry: shop.npm.url, watchMs: 500, reconnectMs: 200 },
      provisioner: { runners: ['containers', 'process'] },
    });
    const offered = CRAFTS.map((name) => ({ name, description: `Teaches the craft of ${name}`, capability: name }));
    shop.catalog(join(server.dir, 'catalog'), offered);
    rules(RULES);
    await server.start();
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await shop?.close();
    await engine?.purge();
  }, 120_000);

  test('is built, kept as a tar, and called, within the limits of its level', async () => {
    const { body } = await request('weaving');
    expect(body).toMatchObject({ success: true, action_taken: 'installed_new_tools', tools: ['weaving/weaving_tool'] });
    expect(await installed()).toMatchObject([{ tool_id: 'weaving', runner: 'containers', security_level: 'high' }]);
    expect(kept('images')).toEqual([expect.stringMatching(/\.json$/), expect.stringMatching(/\.tar$/)]);
    expect(kept('staging')).toEqual([]);
    expect(await call('weaving')).toBe(done('weaving'));

    const [id, ...more] = containers('weaving');
    expect(more).toEqual([]);
    const { Config, HostConfig, Mounts, Name } = JSON.parse(docker('inspect', id!))[0];
    expect(Name).toBe('/mcp-weaving');
    expect(Config).toMatchObject({
      User: '1000:1000',
      Labels: {
        'mcp.server.id': 'weaving',
        'mcp.server.name': 'weaving',
        'mcp.manager': 'toolscore',
        'mcp.auto-recover': 'true',
        'mcp.instance': expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    });
    expect(HostConfig).toMatchObject({
      Memory: LIMITS.memoryMb * MIB,
      MemorySwap: LIMITS.memoryMb * MIB,
      NanoCpus: LIMITS.cpus * 1e9,
      PidsLimit: LIMITS.processes,
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: null,
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: 'none',
    });
    const bounds = { nofile: LIMITS.openFiles, fsize: LIMITS.fileMb * MIB, core: 0 };
    for (const [name, most] of Object.entries(bounds))
      expect(HostConfig.Ulimits).toContainEqual({ Name: name, Soft: most, Hard: most });
    expect(Mounts).toEqual([]);
    // As the kernel has it, too.
    const status = docker('exec', id!, 'cat', '/proc/1/status');
    expect(status).toMatch(/^CapEff:\s+0000000000000000$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(() => docker('exec', id!, 'touch', '/app/evil')).toThrow(/Read-only file system/);
  }, 60_000);

  test('killed, its container gone and its image deleted while it is down: back from the tar, without a registry', async () => {
    const [image] = images('weaving');
    await server.kill();
    await isGone('weaving');
    docker('rmi', '-f', image!);
    expect(images('weaving')).toEqual([]);
    shop.npm.status = 500;
    await server.start();
    await expect.poll(() => call('weaving'), { timeout: 20_000 }).toBe(done('weaving'));
    expect(images('weaving')).toEqual([image]);
    expect((await rest(server, '/installed')).body.servers).toHaveLength(1);
    shop.npm.status = undefined;
  }, 60_000);

  test('an engine that is killed and comes back: called again', async () => {
    expect(await call('weaving')).toBe(done('weaving'));
    await engine!.kill();
    await engine!.start();
    await expect.poll(() => call('weaving'), { timeout: 30_000 }).toBe(done('weaving'));
    await expect.poll(() => containers('weaving').length, { timeout: 20_000, interval: 200 }).toBe(1);
  }, 90_000);

  test('a newer version that does not start leaves the old one serving; one that does takes its place', async () => {
    const update = () => rest(server, '/installed/weaving/update', {});
    shop.publish('weaving', '2.0.0', { broken: true });
    expect((await update()).body).toMatchObject({ code: 'UPDATE_FAILED' });
    expect(await call('weaving')).toBe(done('weaving'));
    shop.publish('weaving', '3.0.0', { description });
    expect((await update()).body).toEqual({ server: 'weaving', from: '1.0.0', to: '3.0.0' });
    expect(await call('weaving')).toBe(done('weaving', '3.0.0'));
    await server.stop();
    await server.start();
    expect(await call('weaving')).toBe(done('weaving', '3.0.0'));
    expect(images('weaving')).toHaveLength(1);
    expect(kept('images')).toHaveLength(2);
  }, 90_000);

  test('a server that is killed while npm fetches leaves no process and no folder, and goes on', async () => {
    const before = shop.npm.requests.length;
    shop.npm.delayMs = 60_000;
    const asked = request('pottery').catch(() => undefined);
    await expect.poll(isFetched(before), { timeout: 20_000 }).toBe(true);
    expect(kept('staging')).toHaveLength(1);
    await server.kill();
    await asked;
    await gone(server.dir);
    shop.npm.delayMs = 0;
    await server.start();
    await expect.poll(() => call('pottery'), { timeout: 30_000, interval: 200 }).toBe(done('pottery'));
    expect(kept('staging')).toEqual([]);
    expect(await call('weaving')).toBe(done('weaving', '3.0.0'));
  }, 90_000);

  test('one that is killed while the image is built leaves no part of an image', async () => {
    const before = shop.npm.requests.length;
    const asked = request('forging').catch(() => undefined);
    await expect.poll(isFetched(before), { timeout: 20_000, interval: 5 }).toBe(true);
    const unnamed = () => listed(docker('images', '-q', '--filter', 'dangling=true'));
    await expect.poll(unnamed, { timeout: 20_000, interval: 20 }).not.toEqual([]);
    await server.kill();
    await asked;
    await gone(server.dir);
    rules(CLOSED);
    await server.start();
    await expect.poll(unnamed, { timeout: 20_000, interval: 200 }).toEqual([]);
    expect(images('forging')).toEqual([]);
    expect(kept('staging')).toEqual([]);
    expect(await call('forging')).toBe('TOOL_UNKNOWN');
    expect(await call('weaving')).toBe(done('weaving', '3.0.0'));
  }, 90_000);

  test('uninstalled, nothing of it is left', async () => {
    for (const name of ['weaving', 'pottery']) {
      expect((await rest(server, `/installed/${name}`, undefined, 'DELETE')).body).toMatchObject({ success: true });
      await isGone(name);
      expect(images(name)).toEqual([]);
      expect(await call(name)).toBe('TOOL_UNKNOWN');
    }
    expect(kept('images')).toEqual([]);
    expect(kept('servers')).toEqual(['instance']);
  }, 60_000);
});
