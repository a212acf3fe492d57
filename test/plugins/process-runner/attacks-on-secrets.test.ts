import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { gone } from './traces.ts';
import { LIMITS, sandboxed as test, Workshop } from './workshop.ts';

const SECRET = 'planted-secret-of-the-house-4711';
let shop: Workshop;
let house: string;
const listeners: Server[] = [];

beforeAll(async () => {
  shop = await Workshop.open();
  house = path.join(shop.dir, 'house');
  mkdirSync(path.join(house, '.ssh'), { recursive: true });
  for (const file of ['.ssh/id_rsa', '.npmrc', 'file']) writeFileSync(path.join(house, file), SECRET);
  chmodSync(house, 0o755);
  process.env.HOUSE_TOKEN = SECRET;
  process.env.NPM_TOKEN = SECRET;
});
afterEach(() => gone(path.join(shop.dir, 'data')));
afterAll(async () => {
  for (const listener of listeners) listener.close();
  delete process.env.HOUSE_TOKEN;
  delete process.env.NPM_TOKEN;
  await shop.close();
});

/** Installs it, starts it, lets it attack, and ends it. */
async function attack(name: string, given: object = {}, changes: Parameters<Workshop['plan']>[1] = {}) {
  shop.publish(name, `${name}.cjs`);
  const plan = shop.plan(name, changes);
  await shop.install(plan);
  const server = await shop.connect(plan);
  try {
    return await server.attack({ ...given });
  } finally {
    await server.client.close();
  }
}

const listen = async (address: { port: number; host: string } | { path: string }) => {
  let connections = 0;
  const listener = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(address, resolve));
  return { listener, port: (listener.address() as { port?: number }).port ?? 0, connections: () => connections };
};

test('sees no environment but its own, and in it only the secrets that it declared', async () => {
  const seen = await attack(
    'secrets-in-env',
    {},
    { secrets: { KEY: 'declared-1', OTHER: 'undeclared-2' }, distribution: { env: { API_KEY: '{secret:KEY}' } } },
  );
  expect(Object.keys(seen.own as object).sort()).toEqual([
    'API_KEY',
    'HOME',
    'LANG',
    'NODE_ENV',
    'PATH',
    'PWD',
    'TMPDIR',
  ]);
  const all = JSON.stringify(seen);
  expect(all).toContain('declared-1');
  expect(all).not.toContain('undeclared-2');
  expect(all).not.toContain(SECRET);
  expect(all).not.toContain(process.env.HOME === '/' ? SECRET : `HOME=${process.env.HOME}\u0000`);
});

test('reads no file of the machine that could hold a secret', async () => {
  shop.publish('neighbour');
  const neighbour = shop.plan('neighbour');
  await shop.install(neighbour);
  await shop.runner.launch(neighbour);
  const paths = [`${house}/.ssh/id_rsa`, `${house}/.npmrc`, house, shop.dir, `/proc/${process.pid}/environ`];
  paths.push(
    '/data/../..',
    '/server/../etc/shadow',
    path.join(shop.dir, 'data/neighbour'),
    path.join(shop.dir, 'npm-cache'),
  );
  const read = await attack('read-files', { paths });
  expect(JSON.stringify(read)).not.toContain(SECRET);
  delete read['/data/../..']; // the root of the sandbox
  expect(Object.keys(read).filter((file) => file !== '/proc/1/environ' && file !== '/sys/kernel')).toEqual([]);
  expect(read['/proc/1/environ'] ?? '').not.toContain('PROCESS_RUNNER');
});

test('reaches no network without one', async () => {
  const { port, connections } = await listen({ port: 0, host: '127.0.0.1' });
  const seen = await attack('network', { port });
  expect(seen).toMatchObject({ tcp: 'ECONNREFUSED', outside: 'ENETUNREACH' });
  expect(seen.dns).not.toBe('resolved');
  expect((seen.interfaces as string[]).filter((address) => !['127.0.0.1', '::1'].includes(address))).toEqual([]);
  expect(connections()).toBe(0);
});

test('has the network where its level gives it one', async () => {
  const { port, connections } = await listen({ port: 0, host: '127.0.0.1' });
  const seen = await attack('network', { port }, { limits: { network: 'full' } });
  expect(seen).toMatchObject({ tcp: 'connected' });
  expect(connections()).toBe(1);
});

test('opens no port of the machine', async () => {
  const { port, listener } = await listen({ port: 0, host: '0.0.0.0' });
  await new Promise((resolve) => listener.close(resolve));
  expect(await attack('bind-ports', { port })).toEqual({ listening: true });
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

test.each(['none', 'full'] as const)('reaches no Unix socket of the machine, with network %s', async (network) => {
  const file = path.join(shop.dir, `${network}.sock`);
  const abstract = `\0process-runner-${process.pid}-${network}`;
  const planted = [await listen({ path: file }), await listen({ path: abstract })];
  chmodSync(file, 0o777);
  const seen = await attack('unix-sockets', { paths: [file, abstract] }, { limits: { network } });
  expect(seen).toEqual({ connected: [] });
  expect(planted.map(({ connections }) => connections())).toEqual([0, 0]);
});

test('writes nowhere but into its data folder and its own /tmp', async () => {
  const paths = [`${house}/evil`, path.join(shop.dir, 'evil'), '/data/../evil', '/var/evil', '/home/evil', '/mnt/evil'];
  const { written } = await attack('write-outside', { paths });
  // Its /tmp is its own: what it wrote there is not on the machine.
  expect((written as string[]).filter((file) => !/^(chmod |rm )?\/tmp\//.test(file))).toEqual([]);
  expect(paths.filter((file) => existsSync(file))).toEqual([]);
  expect(readFileSync(path.join(shop.dir, 'data/write-outside/allowed'), 'utf8')).toBe('yes');
  expect(existsSync('/tmp/allowed')).toBe(false);
});

test('leads nobody out of its data folder by links', async () => {
  expect(await attack('symlinks', { victim: house })).toEqual({ seen: [] });
  await shop.runner.launch(shop.plan('symlinks'));
  await shop.runner.remove('symlinks');
  expect(readFileSync(path.join(house, 'file'), 'utf8')).toBe(SECRET);
  expect(existsSync(path.join(shop.dir, 'data/symlinks'))).toBe(false);
});

test('signals and looks into no process of the machine', async () => {
  const victim = process.ppid;
  const seen = await attack('kill-others', { pids: [process.pid, victim] });
  expect(seen.hit).toEqual([]);
  expect(seen.visible).toBeLessThan(10);
  process.kill(victim, 0);
});

test('has no device of the machine, and makes none', async () => {
  const seen = await attack('devices');
  expect(seen.made).toEqual([]);
  const harmless = [
    'console',
    'core',
    'fd',
    'full',
    'null',
    'ptmx',
    'pts',
    'random',
    'shm',
    'stderr',
    'stdin',
    'stdout',
  ];
  expect([...harmless, 'tty', 'urandom', 'zero']).toEqual(expect.arrayContaining(seen.devices as string[]));
  expect(seen.disks).toBe(false);
});

test('becomes no other user, mounts nothing, makes no namespaces', async () => {
  expect(await attack('namespaces')).toEqual({ worked: [] });
});

test('shows its secrets in no list of processes', async () => {
  shop.publish('calm');
  const plan = shop.plan('calm', {
    secrets: { KEY: 'only-for-calm-99' },
    distribution: { args: ['--key={secret:KEY}'], env: { API_KEY: '{secret:KEY}' } },
    limits: LIMITS,
  });
  await shop.install(plan);
  const server = await shop.connect(plan);
  expect(await server.attack()).toMatchObject({
    argv: ['--key=only-for-calm-99'],
    env: { API_KEY: 'only-for-calm-99' },
  });
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('only-for-calm-99');
  await server.client.close();
});
