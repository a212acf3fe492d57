import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../support/docker-engine.ts';
import { Dock } from './dock.ts';

const engine = await DockerEngine.find();
const SERVER = readFileSync(path.join(import.meta.dirname, '../../fixtures/container-servers/server.cjs'), 'utf8');

describe.skipIf(engine === undefined)('building images', () => {
  let dock: Dock;
  const sources = mkdtempSync(path.join(tmpdir(), 'image-sources-'));
  const folder = (name: string, files: Readonly<Record<string, string>>): string => {
    mkdirSync(path.join(sources, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(sources, name, file), text);
    return path.join(sources, name);
  };
  const image = (name: string, args: readonly string[] = []) => ({
    kind: 'oci' as const,
    image: `localhost/${name}:1`,
    args,
    env: {},
  });

  beforeAll(async () => {
    const base = engine!.baseImage;
    const servers = {
      'oci:localhost/plain:1': { folder: folder('plain', { 'server.js': SERVER }) },
      'oci:localhost/with-packages:1': {
        folder: folder('with-packages', {
          'package.json': JSON.stringify({ main: 'main.cjs', dependencies: { 'calm-server': '1.0.0' } }),
          'main.cjs': "require('calm-server/server.cjs')",
        }),
      },
      'oci:localhost/own:1': {
        folder: folder('own', {
          Dockerfile: `FROM ${base}\nCOPY serve.cjs /serve.cjs\nRUN echo built > /proof\nENTRYPOINT ["node", "/serve.cjs"]\n`,
          'serve.cjs': SERVER,
        }),
      },
      'oci:localhost/failing:1': {
        folder: folder('failing', { Dockerfile: `FROM ${base}\nRUN echo "no 中文 here" && exit 7\n` }),
      },
      'oci:localhost/nowhere:1': { folder: path.join(sources, 'nowhere') },
    };
    dock = await Dock.open(engine!, { cacheMb: 0, servers });
  }, 120_000);
  afterAll(async () => {
    await dock?.close();
    rmSync(sources, { recursive: true, force: true });
    await engine?.close();
  }, 120_000);

  const called = async (server: string, distribution: ReturnType<typeof image>, tool: string, given: object = {}) => {
    const plan = { ...dock.plan(server), distribution };
    await dock.install(plan);
    const guest = await dock.connect(plan);
    const answer = await guest.call(tool, given);
    await guest.client.close();
    await dock.gone(server);
    return answer;
  };

  test('of a folder, with a generated Dockerfile', async () => {
    expect(await called('plain', image('plain', ['-v']), 'look')).toMatchObject({ uid: 1000, args: ['-v'] });
  }, 120_000);

  test('of a folder that needs packages', async () => {
    expect(await called('with-packages', image('with-packages'), 'echo', { text: 'x' })).toEqual({ text: 'x' });
  }, 120_000);

  test('of a folder with a Dockerfile of its own, as the same user under the same limits', async () => {
    expect(await called('own', image('own', ['--flag']), 'look')).toMatchObject({
      uid: 1000,
      args: ['--flag'],
      capabilities: '0000000000000000',
    });
    expect(await called('own', image('own', ['--flag']), 'read', { file: '/proof' })).toEqual({ text: 'built\n' });
  }, 120_000);

  test.each([
    ['a package that does not exist', { package: 'no-such-server' }, 'PACKAGE_UNKNOWN', /no-such-server@1\.0\.0/],
    ['a version that does not exist', { version: '9.9.9' }, 'PACKAGE_UNKNOWN', /calm-server@9\.9\.9/],
    ['a bin that does not exist', { bin: 'other' }, 'PACKAGE_NO_BIN', /no bin "other"/],
    ['another package than before', { integrity: 'sha512-AAAA' }, 'PACKAGE_CHANGED', /not the package/],
    ['a Node that is too old', { node: '>=99' }, 'PACKAGE_NODE_TOO_OLD', /asks for Node >=99/],
  ])(
    '%s: a clear reason, nothing half done',
    async (_what, distribution, code, message) => {
      const plan = dock.plan('broken', { distribution });
      await expect(dock.install(plan)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      expect(dock.docker('images', '-q', '--filter', 'label=mcp.server.id=broken')).toBe('');
      expect(readdirSync(path.join(dock.dir, 'staging'))).toEqual([]);
    },
    60_000,
  );

  test('a Dockerfile that fails, and a folder that is not there, say why', async () => {
    const failing = { ...dock.plan('failing'), distribution: image('failing') };
    await expect(dock.install(failing)).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: expect.stringMatching(/no 中文 here.*code: 7/s),
    });
    expect(dock.containers('failing')).toEqual([]);
    const nowhere = { ...dock.plan('nowhere'), distribution: image('nowhere') };
    await expect(dock.install(nowhere)).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
    const missing = { ...dock.plan('missing'), distribution: image('missing') };
    await expect(dock.install(missing)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
  }, 120_000);

  test.each([5, 30, 100, 300, 900])(
    'cancelled after %d ms, whatever it is at: says why, and nothing is left',
    async (ms) => {
      const ending = new AbortController();
      dock.registry.delayMs = 5_000;
      const timer = setTimeout(() => ending.abort(new Error('enough')), ms);
      await expect(dock.install(dock.plan('cancelled'), ending.signal)).rejects.toThrow('enough');
      clearTimeout(timer);
      dock.registry.delayMs = 0;
      expect(readdirSync(path.join(dock.dir, 'staging'))).toEqual([]);
      await expect(dock.runner.launch(dock.plan('cancelled'))).rejects.toMatchObject({ code: 'INSTALLATION_BROKEN' });
    },
    120_000,
  );
});
