import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { sandboxMissing } from '../support/sandbox.ts';
import { type Asked, type Reply, type ScriptedModel, scriptedModel } from '../support/scripted-model.ts';
import { rest, Shop, shopping } from './provisioned-server.ts';
import { RestartedServer } from './restarted-server.ts';

const WORKER = resolve(import.meta.dirname, '../../pipelines/worker.yaml');
const COUNTER = resolve(import.meta.dirname, '../fixtures/servers/counter.ts');
const OPEN = JSON.stringify({ allow: ['npm:*'], quotas: { perSession: 1_000, perDay: 1_000 } });

/** Outputs of tools in the order of the calls, as they stand in an OpenAI request. */
const outputs = ({ body }: Asked): string[] =>
  body.messages
    .filter(({ role }: { role: string }) => role === 'tool')
    .map(({ content }: { content: unknown }) => String(content));
const taskOf = ({ body }: Asked): string =>
  String(body.messages.find(({ role }: { role: string }) => role === 'user').content);
const reply = (name: string, args: object): Reply => ({ text: `Now ${name}.`, calls: [{ name, args }] });

/**
 * Two entries, a craft that nobody has, the craft itself, an answer: decided by what it is shown alone, so that it does not
 * matter who was killed between two requests.
 */
function decide(asked: Asked): Reply {
  const done = outputs(asked);
  const craft = /craft of (\w+)/.exec(taskOf(asked))?.[1] ?? 'nothing';
  if (done.length === 0) return reply('counter__enter', { line: `${craft} one` });
  if (done.length === 1) return reply('counter__enter', { line: `${craft} two` });
  const offered = (asked.body.tools ?? []).map((each: { function: { name: string } }) => each.function.name);
  const tool = `${craft}__${craft}_tool`;
  if (!offered.includes(tool))
    return reply('request_tool', { need: `Teach me the craft of ${craft}`, capabilities: [craft] });
  const last = done.at(-1)!;
  if (!last.includes(`${craft} done`)) return reply(tool, { of: 'blue' });
  return { text: `Learnt: ${last}` };
}

describe.skipIf(sandboxMissing('tools that are installed for an agent'))('an agent in a process of its own', () => {
  let model: ScriptedModel;
  let shop: Shop;
  let server: RestartedServer;
  let worker: RestartedServer;
  let ledger: string;
  const crafts = [
    'weaving',
    'pottery',
    'forging',
    'baking',
    'brewing',
    'carving',
    'tanning',
    'dyeing',
    'milling',
    'mining',
  ];

  const submit = async (craft: string): Promise<string> => {
    const { status, body } = await rest(worker, '/tasks', {
      description: `Enter two lines, then the craft of ${craft}`,
    });
    expect(status).toBe(202);
    return body.task_id;
  };
  const ended = async (task: string) => {
    let seen: { state?: string } = {};
    await expect
      .poll(
        async () => {
          seen = (await rest(worker, `/tasks/${task}`).catch(() => ({ body: {} }))).body;
          return seen.state;
        },
        { timeout: 60_000, interval: 100 },
      )
      .toMatch(/^(?:done|stopped|failed)$/);
    // biome-ignore lint/suspicious/noExplicitAny: a response body as it came
    return seen as any;
  };
  const lines = (): string[] => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : []);

  beforeAll(async () => {
    model = await scriptedModel(decide);
    shop = await Shop.open();
    for (const name of crafts) shop.publish(name, '1.0.0');
    const port = String(await freePort());
    server = new RestartedServer(
      { ...shopping(shop, 'catalog'), policy: { file: 'policy.yaml', watchMs: 50 } },
      undefined,
      {
        PORT: port,
      },
    );
    writeFileSync(join(server.dir, 'policy.yaml'), OPEN);
    ledger = join(server.dir, 'ledger.txt');
    const counter = { command: process.execPath, args: [COUNTER, ledger] };
    writeFileSync(join(server.dir, 'mcp.json'), JSON.stringify({ mcpServers: { counter } }));
    shop.catalog(
      join(server.dir, 'catalog'),
      crafts.map((name) => ({ name, description: `Teaches the craft of ${name}`, capability: name })),
    );
    await server.start();
    const env = { TOOLS_URL: server.url, LLM_URL: model.url, LLM_MODEL: 'scripted', PORT: String(await freePort()) };
    // A killed worker's task is free when its lease is over.
    worker = new RestartedServer({ queue: { leaseMs: 2_000 } }, WORKER, env);
    await worker.start();
  }, 60_000);
  afterAll(async () => {
    await worker?.close();
    await server?.close();
    await shop?.close();
    await model?.close();
  }, 60_000);

  test('a tool that the server lacks is found, installed, waited for and called; the answer and its record tell of it', async () => {
    const told: { readonly type: string; readonly task_id?: string; readonly result?: { readonly answer: string } }[] =
      [];
    const socket = new WebSocket(`${worker.url.replace('http', 'ws')}/api/v1/events/tools`);
    socket.addEventListener('message', ({ data }) => told.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const task = await submit('weaving');
    const { state, result } = await ended(task);
    await expect.poll(() => told.some(({ type }) => type === 'task_done')).toBe(true);
    socket.close();
    const news = told.filter(({ task_id }) => task_id === task);
    expect(new Set(news.map(({ type }) => type))).toEqual(new Set(['task_step', 'task_waiting', 'task_done']));
    expect(news.at(-1)?.result?.answer).toBe(result.answer);
    expect({ state, answer: result.answer }).toEqual({
      state: 'done',
      answer: expect.stringContaining('weaving done 1.0.0'),
    });
    expect(lines().filter((line) => line.startsWith('weaving'))).toEqual(['weaving one', 'weaving two']);
  }, 90_000);

  test('with server and worker killed in turn, each task ends right, and nothing is done twice', async () => {
    for (const [n, craft] of crafts.slice(1).entries()) {
      const task = await submit(craft);
      await sleep(n * 120);
      const victim = n % 2 === 0 ? worker : server;
      await victim.kill();
      await sleep(n % 3 === 0 ? 300 : 0);
      await victim.start();
      const { state, result } = await ended(task);
      if (state !== 'done')
        process.stdout.write(`${JSON.stringify([result, outputs(model.asked.at(-1)!)], null, 1)}\n`);
      expect({ craft, state, answer: result?.answer, stop: result?.stop }).toMatchObject({
        craft,
        state: 'done',
        answer: expect.stringContaining(`${craft} done`),
      });
      const mine = lines().filter((line) => line.startsWith(craft));
      expect(new Set(mine).size).toBe(mine.length);
    }
  }, 240_000);
});
