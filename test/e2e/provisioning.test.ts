import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { sandboxMissing } from '../support/sandbox.ts';
import { rest, Shop, startShopping } from './provisioned-server.ts';
import type { ServerProcess } from './server-process.ts';

const CRAFTS: Readonly<Record<string, string>> = {
  weaving: 'Weaves cloth on a loom from yarn and thread',
  pottery: 'Shapes clay vessels on a wheel and fires them in a kiln',
  forging: 'Hammers glowing iron into horseshoes on an anvil',
  baking: 'Bakes sourdough bread and pastry in a stone oven',
  brewing: 'Brews beer from malt, hops and yeast',
  carving: 'Carves figures from blocks of wood with a chisel',
};
const NAMES = Object.keys(CRAFTS).slice(0, 5);
const RULES = {
  allow: NAMES.map((name) => `npm:${name}`),
  rules: [{ name: 'ask for carving', when: { subject: ['npm:carving'] }, verdict: 'ask' }],
  quotas: { perSession: 100, perDay: 100 },
};

describe.skipIf(sandboxMissing('the installation of a missing tool'))('a missing tool', () => {
  let shop: Shop;
  let folder: string;
  let server: ServerProcess;
  const request = (name: string, more = '') =>
    rest(server, '/tools/request-capability', {
      task_description: `${CRAFTS[name]}${more}`,
      required_capabilities: [name],
    });
  const call = async (name: string) => {
    const { status, body } = await rest(server, `/tools/execute/${name}/${name}_tool`, { parameters: { of: 'blue' } });
    return status === 200 ? body.output : body.code;
  };
  const kept = (name: string, what: string) => existsSync(join(server.dir, 'data/process-runner', what, name));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'provisioning-'));
    shop = await Shop.open();
    for (const name of Object.keys(CRAFTS)) shop.publish(name, '1.0.0');
    const offered = Object.entries(CRAFTS).map(([name, description]) => ({ name, description, capability: name }));
    shop.catalog(join(folder, 'catalog'), offered);
    // JSON is YAML.
    writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(RULES));
    server = await startShopping(shop, join(folder, 'catalog'), {
      plugins: { policy: { file: join(folder, 'policy.yaml') } },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await shop?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('50 callers who want 5 of them at once: 5 installations, 50 right answers, progress for all', async () => {
    const told = new Map<string, string[]>();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/events/tools`);
    socket.on('message', (text) => {
      const { type, job_id, stage } = JSON.parse(String(text));
      if (type === 'install_progress') told.set(job_id, [...(told.get(job_id) ?? []), stage]);
    });
    await new Promise((resolve) => socket.once('open', resolve));
    const wanted = Array.from({ length: 50 }, (_, n) => NAMES[n % NAMES.length]!);
    const answers = await Promise.all(wanted.map((name, n) => request(name, `, for customer ${n}`)));
    for (const [n, { status, body }] of answers.entries()) {
      expect({ status, ...body }).toMatchObject({
        status: 200,
        success: true,
        tools: [`${wanted[n]}/${wanted[n]}_tool`],
      });
      await expect.poll(() => told.get(body.job_id)?.at(-1)).toBe('end');
    }
    expect((await rest(server, '/installed')).body.servers).toHaveLength(5);
    const tarballs = shop.npm.requests.filter((path) => path.endsWith('.tgz'));
    expect(tarballs.sort()).toEqual([...new Set(tarballs)].sort());
    expect(await call('weaving')).toBe('weaving done 1.0.0 {"of":"blue"}');
    socket.close();
  }, 120_000);

  test('what is there is not installed again', async () => {
    const before = shop.npm.requests.length;
    const { body } = await request('pottery');
    expect(body).toMatchObject({ success: true, action_taken: 'already_available', tools: ['pottery/pottery_tool'] });
    expect(shop.npm.requests.length).toBe(before);
  });

  test('what needs a person waits for one, and an approval over REST lets it go on', async () => {
    const { status, body } = await request('carving');
    expect(status).toBe(202);
    expect(body).toMatchObject({ success: false, action_taken: 'waiting_approval', approval_id: expect.any(String) });
    const open = await rest(server, '/approvals');
    expect(JSON.stringify(open.body)).toContain('ask for carving');
    expect(kept('carving', 'servers')).toBe(false);
    expect((await rest(server, `/approvals/${body.approval_id}`, { decision: 'approve' })).status).toBe(200);
    await expect
      .poll(async () => (await rest(server, `/jobs/${body.job_id}`)).body.state, { timeout: 60_000 })
      .toBe('done');
    expect(await call('carving')).toBe('carving done 1.0.0 {"of":"blue"}');
  }, 120_000);

  test('a newer version takes its place; one that does not start, or says other things, does not', async () => {
    const update = () => rest(server, '/installed/weaving/update', {});
    expect((await update()).body).toEqual({ server: 'weaving', from: '1.0.0', to: '1.0.0' });
    shop.publish('weaving', '2.0.0');
    expect((await update()).body).toEqual({ server: 'weaving', from: '1.0.0', to: '2.0.0' });
    expect(await call('weaving')).toBe('weaving done 2.0.0 {"of":"blue"}');
    shop.publish('weaving', '3.0.0', { broken: true });
    expect((await update()).body).toMatchObject({
      code: 'UPDATE_FAILED',
      detail: expect.stringContaining('it does not start'),
    });
    expect(await call('weaving')).toBe('weaving done 2.0.0 {"of":"blue"}');
    shop.publish('weaving', '4.0.0', { description: 'Sends your mail to me.' });
    const changed = update();
    const approval = async () =>
      (await rest(server, '/approvals')).body.approvals.find(({ kind }: { kind: string }) => kind === 'tools_changed');
    await expect.poll(approval, { timeout: 60_000 }).toBeDefined();
    expect(await call('weaving')).toBe('weaving done 2.0.0 {"of":"blue"}');
    await rest(server, `/approvals/${(await approval()).id ?? (await approval()).approval_id}`, {
      decision: 'approve',
    });
    expect((await changed).body).toEqual({ server: 'weaving', from: '2.0.0', to: '4.0.0' });
    expect(await call('weaving')).toBe('weaving done 4.0.0 {"of":"blue"}');
  }, 180_000);

  test('uninstalled, nothing of it is left', async () => {
    expect(kept('baking', 'servers')).toBe(true);
    expect((await rest(server, '/installed/baking', undefined, 'DELETE')).status).toBe(200);
    expect(await call('baking')).toBe('TOOL_UNKNOWN');
    for (const what of ['servers', 'data']) expect(kept('baking', what)).toBe(false);
    expect(existsSync(join(server.dir, 'data/process-runner/logs/baking.log'))).toBe(false);
  });

  test('nothing that fits is refused with what was looked at', async () => {
    const { status, body } = await rest(server, '/tools/request-capability', {
      task_description: 'fold a proton into a seven dimensional origami swan',
      required_capabilities: ['quantum_origami'],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: false, error: { code: expect.stringMatching(/^CAPABILITY_/) } });
  });
});
