import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AGENT } from '#plugins/agent-runtime/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { LLM, type Llm } from '#plugins/llm/api';
import { STORAGE } from '#plugins/storage/api';
import { TASK_EVENT, TASKS, type TaskEvent } from '#plugins/tasks/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { type BootedKernel, bootKernel, fake } from '../../support/boot-kernel.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { ScriptedAgent } from './dirs/scripted-agent/scripted-agent.ts';

const until = (expectation: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(expectation, { timeout: 15_000, interval: 20 });

interface Wire {
  readonly task_id: string;
  readonly state: string;
  readonly step?: number;
  readonly description: string;
  readonly waiting?: {
    readonly for: string;
    readonly question?: string;
    readonly choices?: string[];
    readonly id?: string;
  };
  readonly result?: { readonly answer: string; readonly stop: { readonly kind: string; readonly code?: string } };
  readonly error?: { readonly code: string; readonly message: string };
  readonly created_at: string;
}

describe.each([
  { dialect: 'sqlite', available: true },
  { dialect: 'postgres', available: findPostgres() !== undefined },
])('tasks over REST, on $dialect', ({ dialect, available }) => {
  const on = available ? test : test.skip;
  let server: Postgres | undefined;
  let folder: string;
  let url = '';
  const kernels: BootedKernel[] = [];

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tasks-'));
    if (server) url = await server.createDatabase();
  });
  afterEach(async () => {
    for (const kernel of kernels.splice(0)) await kernel.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A server, or a worker without a port, on the database of this test. */
  async function boot(
    config: object = {},
    { port = true, queue = {}, machine, llm }: { port?: boolean; queue?: object; machine?: string; llm?: Llm } = {},
  ) {
    const agent = new ScriptedAgent(join(folder, machine ?? '', 'runs'));
    const kernel = await bootKernel({
      mode: port ? 'server' : 'worker',
      plugins: {
        storage: server ? { url } : { dir: folder },
        queue: { pollMs: 30, drainMs: 50, leaseMs: 2_000, ...queue },
        ...(port && { http: { port: 0 } }),
        tasks: { pollMs: 50, ...config },
        ...(machine && { trajectory: { dir: join(folder, machine, 'trajectories') } }),
      },
      fakes: [fake(AGENT, agent), ...(llm ? [fake(LLM, llm)] : [])],
      limits: { drainMs: 200 },
    });
    kernels.push(kernel);
    const base = port ? `${kernel.get(HTTP_SERVER).address.url}/api/v1/tasks` : '';
    const call = async <T = Wire>(method: string, path = '', body?: object) => {
      const response = await fetch(`${base}${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as T };
    };
    const inState = (id: string, state: string) =>
      until(async () => expect((await call('GET', `/${id}`)).body.state).toBe(state));
    return { kernel, agent, base, call, inState };
  }

  on('a task is taken, worked, and its result is there after a restart', async () => {
    const first = await boot();
    const taken = await first.call('POST', '', { description: 'steps=3 answer=42', id: 'sum-1', max_steps: 2 });
    expect(taken).toMatchObject({ status: 202, body: { task_id: 'sum-1', description: 'steps=3 answer=42' } });
    expect(taken.headers.get('location')).toBe('/api/v1/tasks/sum-1');
    await first.inState('sum-1', 'done');
    await kernels.pop()!.stop();

    const { call, agent } = await boot();
    const { body } = await call('GET', '/sum-1');
    expect(body).toMatchObject({ state: 'done', step: 2, result: { answer: '42', steps: 2, stop: { kind: 'done' } } });
    expect(body.result).toMatchObject({
      run: 'sum-1',
      spent: { cache_read: 0, usd: 0.02 },
      elapsed_ms: expect.any(Number),
    });
    expect(new Date(body.created_at).getTime()).toBeGreaterThan(0);
    const same = { description: 'steps=3 answer=42', id: 'sum-1' };
    expect((await call('POST', '', same)).body.state).toBe('done');
    expect(await call('POST', '', { ...same, description: 'another' })).toMatchObject({
      status: 409,
      body: { code: 'TASK_ID_TAKEN' },
    });
    expect(agent.begun).toEqual([]);
    const { body: listed } = await call<{ tasks: Wire[] }>('GET', '?state=done&limit=5');
    expect(listed.tasks).toMatchObject([{ task_id: 'sum-1', state: 'done', result: { steps: 2 } }]);
    expect(listed.tasks[0]!.result).not.toHaveProperty('answer');
  });

  on('what makes no task is refused, and an unknown one is not found', async () => {
    const { call } = await boot({ maxTaskBytes: 100, maxOpen: 1, work: false });
    const refused = async (body: object) => (await call<{ code: string }>('POST', '', body)).body.code;
    expect(await refused({ description: '  \n' })).toBe('TASK_INVALID');
    expect(await refused({ description: 'x'.repeat(101) })).toBe('TASK_INVALID');
    expect(await refused({ description: 'a', id: '../x' })).toBe('TASK_INVALID');
    expect(await refused({ description: 'a', max_steps: 0 })).toBe('REQUEST_INVALID');
    expect(await refused({ description: 'a', maxSteps: 1 })).toBe('REQUEST_INVALID');
    expect(await refused({ description: 'a', id: 'one' })).toBeUndefined();
    expect(await call('POST', '', { description: 'a', id: 'one' })).toMatchObject({ status: 202 });
    expect(await call('POST', '', { description: 'b' })).toMatchObject({ status: 503, body: { code: 'TASKS_FULL' } });
    for (const [method, path, body] of [
      ['GET', '/none'],
      ['DELETE', '/none'],
      ['POST', '/none/cancel'],
      ['POST', '/none/answer', { text: 'a' }],
      ['GET', '/none/events'],
    ] as const)
      expect(await call(method, path, body)).toMatchObject({ status: 404, body: { code: 'TASK_UNKNOWN' } });
    expect(await call('POST', '/one/answer', { text: 'a' })).toMatchObject({
      status: 409,
      body: { code: 'TASK_NOT_WAITING' },
    });
  });

  on('a task is cancelled while it waits, and while it is worked', async () => {
    const { call, inState, agent } = await boot({ concurrency: 1 });
    await call('POST', '', { description: 'steps=1000 ms=20', id: 'long' });
    await call('POST', '', { description: 'answer=1', id: 'behind' });
    await inState('long', 'running');
    expect(await call('POST', '/behind/cancel')).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    await call('DELETE', '/long');
    await inState('long', 'cancelled');
    expect((await call('GET', '/long')).body.result).toMatchObject({ stop: { kind: 'interrupted' } });
    expect(agent.begun).toEqual(['run long']);
    expect((await call('DELETE', '/long')).body.state).toBe('cancelled');
  });

  on('what it waits for is shown, and a question is answered, also by way of another process', async () => {
    const worker = await boot({}, { port: false });
    const { call, inState } = await boot({ work: false });
    await call('POST', '', { description: 'wait=tool waitMs=300 ask=Which?', id: 'asks' });
    await inState('asks', 'waiting_tool');
    await inState('asks', 'waiting_human');
    const { waiting } = (await call('GET', '/asks')).body;
    expect(waiting).toMatchObject({ for: 'answer', question: 'Which?', choices: ['red', 'blue'] });
    expect(await call('POST', '/asks/answer', { text: 'red', id: 'other' })).toMatchObject({ status: 409 });
    expect(await call('POST', '/asks/answer', { text: 'blue', id: waiting?.id })).toMatchObject({ status: 200 });
    await inState('asks', 'done');
    expect((await call('GET', '/asks')).body.result?.answer).toBe('blue');
    expect(worker.agent.begun).toEqual(['run asks']);
  });

  on('an answer that comes while no worker is there counts, and nobody who answers ends it', async () => {
    const first = await boot({}, { port: false });
    const { call, inState } = await boot({ work: false });
    await call('POST', '', { description: 'ask=Which?', id: 'asks' });
    await inState('asks', 'waiting_human');
    const { id } = (await call('GET', '/asks')).body.waiting!;
    kernels.splice(kernels.indexOf(first.kernel), 1);
    await Promise.all([first.kernel.stop(), call('POST', '/asks/answer', { text: 'red', id })]);
    await boot({}, { port: false });
    await inState('asks', 'done');
    expect((await call('GET', '/asks')).body.result?.answer).toBe('red');

    await kernels.pop()!.stop();
    await boot({ answerMs: 60 }, { port: false });
    await call('POST', '', { description: 'ask=Which?', id: 'unheard' });
    await inState('unheard', 'stopped');
    expect((await call('GET', '/unheard')).body.result?.stop).toMatchObject({
      kind: 'needs_human',
      code: 'approval-7',
    });
  });

  on('a worker that stops hands its task on, and the next one goes on where it was', async () => {
    const first = await boot({}, { port: false });
    const { call, inState } = await boot({ work: false });
    await call('POST', '', { description: 'steps=30 ms=20 answer=whole', id: 'moves' });
    await until(async () => expect((await call('GET', '/moves')).body.step).toBeGreaterThan(3));
    kernels.splice(kernels.indexOf(first.kernel), 1);
    await first.kernel.stop();
    expect((await call('GET', '/moves')).body).toMatchObject({ state: 'waiting' });
    const second = await boot({}, { port: false });
    await inState('moves', 'done');
    expect(second.agent.begun).toEqual(['resume moves']);
    expect(second.agent.steps).toEqual(Array.from({ length: 30 }, (_, at) => `moves ${at + 1}`));
  });

  on('a run that breaks off with a defect is tried again, and failed in the end, without its inside', async () => {
    const { call, inState, agent, kernel } = await boot({ attempts: 2 });
    await call('POST', '', { description: 'throw=1 answer=yes', id: 'once' });
    await call('POST', '', { description: 'throw=9', id: 'always' });
    await call('POST', '', { description: 'lose=1 answer=yes', id: 'lost' });
    await inState('once', 'done');
    await inState('lost', 'done');
    await inState('always', 'failed');
    const { error } = (await call('GET', '/always')).body;
    expect(error).toEqual({ code: 'TASK_DEFECT', message: 'a defect of this program; its log says which' });
    expect(agent.begun.filter((each) => each.endsWith('always'))).toEqual(['run always', 'resume always']);
    expect(kernel.lines.filter(({ msg }) => msg === 'a task broke off').length).toBe(4);
  });

  on('a model that is away for a while is no end of a task', async () => {
    const { call, inState, agent } = await boot({ attempts: 1, outageMs: 60_000 });
    await call('POST', '', { description: 'lose=1 code=LLM_UNAVAILABLE answer=yes', id: 'patient' });
    await inState('patient', 'done');
    expect(agent.begun).toEqual(['run patient', 'resume patient']);
  });

  on('a model that stays away ends it', async () => {
    const { call, inState, agent } = await boot({ outageMs: 0 });
    await call('POST', '', { description: 'lose=1 code=LLM_LIMITED', id: 'impatient' });
    await inState('impatient', 'failed');
    expect(agent.begun).toEqual(['run impatient']);
  });

  on('its events are a stream that goes on from the last one that was seen', async () => {
    const { call, base, kernel } = await boot({ events: { heartbeatMs: 100 } });
    const told: TaskEvent[] = [];
    kernel.host.bus
      .view({ listening: true, log: kernel.host.log })
      .subscribe(TASK_EVENT, (event) => void told.push(event));
    await call('POST', '', { description: 'steps=6 ms=60 wait=tool answer=7', id: 'seen' });
    const response = await fetch(`${base}/seen/events`);
    expect(response.url).toContain('/api/v1/events/tasks/seen');
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const whole = eventsOf(await response.text());
    expect(whole.map(({ event }) => event)).toEqual([...Array(6).fill('task_step'), 'task_waiting', 'task_done']);
    expect(whole.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(whole[0]!.data).toMatchObject({ type: 'task_step', task_id: 'seen', step: 1, context_tokens: 900 });
    expect(whole[0]!.data).toMatchObject({ spent: { input: 1_200, cache_read: 0 }, timestamp: expect.any(String) });
    expect(whole.at(-1)!.data).toMatchObject({ state: 'done', result: { answer: '7', stop: { kind: 'done' } } });
    expect(told.map(({ seq, type }) => `${seq} ${type}`)).toEqual(whole.map(({ id, event }) => `${id} ${event}`));
    const again = await fetch(`${base}/seen/events`, { headers: { 'last-event-id': '6' } });
    expect(eventsOf(await again.text()).map(({ id }) => id)).toEqual([7, 8]);
    expect((await fetch(`${base}/seen/events`, { headers: { 'last-event-id': '8' } })).status).toBe(204);
    expect((await fetch(`${base}/seen/events`, { headers: { 'last-event-id': 'x' } })).status).toBe(400);
  });

  on('streams are bounded, and end with the server; old events are dropped and that is said', async () => {
    const { call, base, kernel, inState } = await boot({ events: { keep: 20, maxStreams: 1 } });
    await call('POST', '', { description: 'steps=120', id: 'many' });
    await inState('many', 'done');
    const events = eventsOf(await (await fetch(`${base}/many/events`)).text());
    expect(events[0]).toMatchObject({ event: 'events_lost', data: { from: 1, to: 80 } });
    expect(events.at(-1)!.event).toBe('task_done');
    await call('POST', '', { description: 'steps=9999 ms=50', id: 'long' });
    const open = await fetch(`${base}/long/events`);
    const text = open.text().catch(() => 'cut off');
    expect((await fetch(`${base}/long/events`)).status).toBe(503);
    kernels.pop();
    await kernel.stop();
    expect(typeof (await text)).toBe('string');
  });

  on('tasks of a file are taken once, and their results are appended once', async () => {
    const file = join(folder, 'tasks.jsonl');
    const out = join(folder, 'out', 'results.jsonl');
    writeFileSync(file, '{"id":"a","description":"answer=1"}\nnonsense\n\n{"description":"answer=2"}\n');
    const first = await boot({ file, out }, { port: false });
    const { readFile } = await import('node:fs/promises');
    const lines = async () => (await readFile(out, 'utf8')).trim().split('\n');
    await until(async () => expect((await lines()).filter((line) => line !== '')).toHaveLength(2));
    expect((await lines()).map((line) => JSON.parse(line).answer).sort()).toEqual(['1', '2']);
    expect(first.kernel.lines).toContainEqual(
      expect.objectContaining({ msg: 'a line of the file is no task', line: 2 }),
    );
    await kernels.pop()!.stop();
    const second = await boot({ file, out }, { port: false });
    await until(() => expect(second.kernel.lines.map(({ msg }) => msg)).toContain('the tasks of the file are taken'));
    await sleep(100);
    expect(await lines()).toHaveLength(2);
    expect(second.agent.begun).toEqual([]);
  });

  on('a watcher that has seen more than there is does not stay when the task is over', async () => {
    const { call, base } = await boot({ events: { maxStreams: 1 } });
    const text = async (id: string, seen: string) =>
      eventsOf(await (await fetch(`${base}/${id}/events`, { headers: { 'last-event-id': seen } })).text());
    await call('POST', '', { description: 'steps=4 ms=100', id: 'short' });
    expect((await text('short', '1000')).at(-1)!.event).toBe('task_done');
    const after = { headers: { 'last-event-id': '1000' } };
    expect((await fetch(`${base}/short/events`, after)).status).toBe(204);
    await call('POST', '', { description: 'steps=8 ms=50', id: 'slow' });
    expect((await text('slow', '0')).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  on('a watcher does not stay where the worker died before it could tell the end', async () => {
    const { call, base, kernel, inState } = await boot({ events: { heartbeatMs: 100 } });
    await call('POST', '', { description: 'steps=9999 ms=50', id: 'mute' });
    await inState('mute', 'running');
    const response = await fetch(`${base}/mute/events`);
    const ended = "UPDATE tasks_records SET state = 'failed', ended_at = 1, worker = NULL WHERE id = ?";
    await kernel.get(STORAGE).run(ended, ['mute']);
    expect(eventsOf(await response.text()).map(({ event }) => event)).not.toContain('task_done');
  });

  on('an id whose run is that of another task is refused, and the result of that is given to nobody', async () => {
    const first = await boot({ work: false }, { machine: 'm' });
    await first.call('POST', '', { description: 'answer=mine', id: 'taken' });
    const recorded = { task: 'somebody else', agent: 'a', model: 'm', startedAt: 1 };
    const trajectories = first.kernel.get(TRAJECTORIES);
    for (const id of ['taken', 'known']) await (await trajectories.open({ id, ...recorded })).suspend();
    expect(await first.call('POST', '', { description: 'answer=mine', id: 'known' })).toMatchObject({
      status: 409,
      body: { code: 'TASK_ID_TAKEN' },
    });
    expect((await first.call('POST', '', { description: recorded.task, id: 'known' })).status).toBe(202);
    const { inState, call, agent } = await boot({}, { machine: 'm' });
    await inState('taken', 'failed');
    expect((await call('GET', '/taken')).body.error?.code).toBe('TASK_ID_TAKEN');
    await inState('known', 'done');
    expect(agent.begun.filter((each) => each.includes('taken'))).toEqual([]);
  });

  on('a task goes on where its run is recorded, and nowhere else anew', async () => {
    const first = await boot({}, { port: false, machine: 'one' });
    const { call, inState, kernel } = await boot({ work: false }, { machine: 'one' });
    await call('POST', '', { description: 'steps=20 ms=20 answer=whole', id: 'moves' });
    await call('POST', '', { description: 'steps=2000 ms=20', id: 'stays' });
    await until(async () => expect((await call('GET', '/moves')).body.step).toBeGreaterThan(2));
    await until(async () => expect((await call('GET', '/stays')).body.step).toBeGreaterThan(2));
    kernels.splice(kernels.indexOf(first.kernel), 1);
    await first.kernel.stop();
    const other = await boot({}, { port: false, machine: 'two' });
    const waits = 'a task waits for a worker that has its run';
    await until(() => expect(other.kernel.lines.filter(({ msg }) => msg === waits)).toHaveLength(2));
    await call('POST', '', { description: 'answer=1', id: 'new' });
    await inState('new', 'done');
    expect(other.agent.begun).toEqual(['run new']);
    expect((await call('GET', '/moves')).body.state).toBe('waiting');
    const second = await boot({}, { port: false, machine: 'one' });
    await inState('moves', 'done');
    expect(second.agent.begun.sort()).toEqual(['resume moves', 'resume stays']);

    kernels.splice(kernels.indexOf(second.kernel), 1);
    await second.kernel.stop();
    expect((await call('GET', '/stays')).body.state).toBe('waiting');
    const storage = kernel.get(STORAGE);
    await storage.run('UPDATE tasks_records SET missed_at = ? WHERE missed_at IS NOT NULL', [1]);
    const place = kernel.get(TRAJECTORIES).place;
    await boot({}, { port: false, machine: 'three' });
    await inState('stays', 'failed');
    expect((await call('GET', '/stays')).body.error).toEqual({
      code: 'TASK_ELSEWHERE',
      message: expect.stringContaining(place),
    });
  });

  on('one that waits elsewhere is cancelled, too', async () => {
    const first = await boot({}, { port: false, machine: 'one' });
    const { call, inState } = await boot({ work: false }, { machine: 'one' });
    await call('POST', '', { description: 'steps=2000 ms=20', id: 'moves' });
    await inState('moves', 'running');
    kernels.splice(kernels.indexOf(first.kernel), 1);
    await first.kernel.stop();
    const other = await boot({}, { port: false, machine: 'two' });
    await until(() =>
      expect(other.kernel.lines.map(({ msg }) => msg)).toContain('a task waits for a worker that has its run'),
    );
    await until(async () => expect((await call('DELETE', '/moves')).body.state).toBe('cancelled'));
  });

  on('a profile that nobody configured is refused with the names of those that are', async () => {
    const { call } = await boot({ work: false }, { llm: { profiles: ['default', 'fast'] } as unknown as Llm });
    const refused = await call<{ code: string; hint: string }>('POST', '', { description: 'a', profile: '__proto__' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'TASK_INVALID' } });
    expect(JSON.stringify(refused.body)).toContain('default, fast');
    expect((await call('POST', '', { description: 'a', profile: 'fast' })).status).toBe(202);
  });

  on('the service is there for other plugins', async () => {
    const { kernel } = await boot({}, { port: false });
    const tasks = kernel.get(TASKS);
    const { id } = await tasks.submit({ description: 'answer=1' });
    await until(async () => expect((await tasks.get(id)).state).toBe('done'));
    expect(await tasks.list()).toMatchObject([{ id, state: 'done', result: { answer: '' } }]);
  });
});

const eventsOf = (text: string) =>
  text.split('\n\n').flatMap((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const data = field('data');
    if (data === undefined) return [];
    return [{ id: Number(field('id')), event: field('event')!, data: JSON.parse(data) as Record<string, unknown> }];
  });
