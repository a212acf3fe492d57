import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gone } from '../plugins/process-runner/traces.ts';
import { sandboxMissing } from '../support/sandbox.ts';
import { Dice } from './dice.ts';
import { type Answer, rest, Shop, shopping } from './provisioned-server.ts';
import { RestartedServer } from './restarted-server.ts';

const SEED = Number(process.env.KILL_SEED ?? 20_261_128);
const KILLS = 30;
const LONGER = 1.15;
const CRAFTS =
  `weaving pottery forging baking brewing carving tanning dyeing milling mining fishing farming sailing printing
  binding glazing knitting quilting sewing spinning roofing plumbing painting gilding etching engraving felting thatching
  smelting tiling welding cooping`.split(/\s+/);
/** Compiled code, and where the kernel tells that it runs. */
const OF_NODE_AND_KERNEL = /^(?:node-compile-cache|kernel-\d+)$/;
const QUOTAS = { perSession: 1_000, perDay: 1_000 };
const OPEN = { allow: ['npm:*'], quotas: QUOTAS };
/** With it, a job that a kill cut off ends at once: what is seen then is what the kill left. */
const CLOSED = { rules: [{ name: 'none', when: { subject: ['npm:*'] }, verdict: 'deny' }], quotas: QUOTAS };

describe.skipIf(sandboxMissing('installations that are cut off'))('a server that is killed while it installs', () => {
  let shop: Shop;
  let server: RestartedServer;
  const rules = (text: object): void => writeFileSync(join(server.dir, 'policy.yaml'), JSON.stringify(text));
  const request = (name: string) =>
    rest(server, '/tools/request-capability', {
      task_description: `Teach me the craft of ${name}`,
      required_capabilities: [name],
    });
  const installed = async (): Promise<string[]> =>
    (await rest(server, '/installed')).body.servers.map((each: { tool_id: string }) => each.tool_id);
  const call = async (name: string) =>
    (await rest(server, `/tools/execute/${name}/${name}_tool`, { parameters: { of: 'blue' } })).body;
  const jobsOver = () =>
    expect
      .poll(async () => (await rest(server, '/jobs')).body.jobs.filter(isAtWork).length, { timeout: 20_000 })
      .toBe(0);
  /** Names below the runner's folder that tell of this server, and all that is being made. */
  const traces = (name: string): string[] => {
    const below = (folder: string) => entries(server.data('process-runner', folder)).map((each) => `${folder}/${each}`);
    const own = [...below('servers'), ...below('data'), ...below('logs')].filter(
      (path) => path.split('/')[1]!.replace(/\.log.*$/, '') === name,
    );
    return [...own, ...below('staging')];
  };
  const versions = (name: string): string[] => entries(server.data('process-runner/servers', name));

  const isWhole = async (name: string): Promise<void> => {
    expect(await call(name)).toMatchObject({ success: true, output: `${name} done 1.0.0 {"of":"blue"}` });
    expect(versions(name)).toHaveLength(1);
    expect(entries(server.data('process-runner/servers', name, versions(name)[0]!))).toContain('installed.json');
    expect(entries(server.data('process-runner/staging'))).toEqual([]);
  };
  const isAbsent = async (name: string): Promise<void> => {
    expect(traces(name)).toEqual([]);
    expect(await call(name)).toMatchObject({ code: 'TOOL_UNKNOWN' });
    expect(JSON.stringify((await rest(server, '/servers')).body)).not.toContain(`"${name}"`);
  };

  // For each attempt: what a failed one leaves is not the next one's.
  beforeEach(async () => {
    shop = await Shop.open();
    for (const name of CRAFTS) shop.publish(name, '1.0.0');
    server = new RestartedServer({ ...shopping(shop, 'catalog'), policy: { file: 'policy.yaml', watchMs: 50 } });
    shop.catalog(
      join(server.dir, 'catalog'),
      CRAFTS.map((name) => ({ name, description: `Teaches the craft of ${name}`, capability: name })),
    );
    rules(OPEN);
    await server.start();
  }, 60_000);
  afterEach(async () => {
    await server?.close();
    await shop?.close();
  }, 60_000);

  test(`at ${KILLS} moments: afterwards it is there and works, or there is nothing of it`, async () => {
    const names = [...CRAFTS];
    // How long each installation took that was left alone.
    const lasted: number[] = [];
    const install = async (name: string): Promise<Answer['body']> => {
      const began = performance.now();
      const { body } = await request(name);
      if (body.action_taken === 'installed_new_tools') lasted.push(performance.now() - began);
      return body;
    };
    await install(names.shift()!);
    lasted.length = 0; // of a process that had loaded nothing yet
    await install(names.shift()!);
    const dice = new Dice(SEED);
    // As a share of that: one in each part of it, and a little longer; in any order. Undefined: with the answer.
    const moments: (number | undefined)[] = Array.from(
      { length: KILLS - 1 },
      (_, n) => ((n + dice.roll()) / (KILLS - 1)) * LONGER,
    );
    moments.push(undefined);
    for (let n = KILLS - 1; n > 0; n--) swap(moments, n, dice.upTo(n + 1));
    const seen = { whole: 0, 'gone on with': 0, absent: 0 };
    const present = CRAFTS.slice(0, CRAFTS.length - names.length);
    for (const [n, moment] of moments.entries()) {
      const name = names.shift()!;
      const isGoneOnWith = n % 3 === 0;
      const asked = request(name).catch(() => undefined);
      await (moment === undefined ? asked : sleep(moment * median(lasted)));
      await server.kill();
      await asked;
      await gone(server.dir);
      rules(isGoneOnWith ? OPEN : CLOSED);
      await server.start();
      const isThere = (await installed()).includes(name);
      await jobsOver();
      const isThereThen = (await installed()).includes(name);
      seen[isThere ? 'whole' : isThereThen ? 'gone on with' : 'absent']++;
      if (!isGoneOnWith) expect(isThereThen).toBe(isThere);
      await (isThereThen ? isWhole(name) : isAbsent(name));
      rules(OPEN);
      await expect.poll(() => install(name), { timeout: 20_000 }).toMatchObject({ success: true });
      await isWhole(name);
      present.push(name);
      expect((await installed()).sort()).toEqual([...present].sort());
    }
    process.stdout.write(
      `${KILLS} kills within ${(median(lasted) * LONGER).toFixed(0)} ms, KILL_SEED=${SEED}: ${JSON.stringify(seen)}\n`,
    );
    expect(seen.whole).toBeGreaterThan(0);
    expect(seen.absent).toBeGreaterThan(0);
    // Those of the first kills have been restarted with most of the others.
    for (const name of present.slice(0, 8)) await isWhole(name);
    expect(entries(server.temporary).filter((name) => !OF_NODE_AND_KERNEL.test(name))).toEqual([]);
  }, 240_000);
});

const isAtWork = ({ state }: { readonly state: string }): boolean => state === 'running';

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function swap<T>(list: T[], one: number, other: number): void {
  [list[one], list[other]] = [list[other]!, list[one]!];
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
