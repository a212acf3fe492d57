/**
 * Runs one server in a container of its own and joins our stdin, stdout and stderr to the container's. A program of its
 * own, between the dispatcher and the engine; what we are told comes in the environment. The container ends with us: with
 * closed stdin, a signal, and also with SIGKILL, for the engine then closes the server's stdin. One that does not heed
 * that is removed by the plugin, which knows us by the container's label.
 */
import type { Socket } from 'node:net';
import { ownMark } from '../process-mark.ts';
import { ask, hijack, messageOf } from './docker-http.ts';
import { Frames } from './frames.ts';
import { openContainer } from './open-container.ts';
import { type AttachPlan, BRIDGE_LABEL, PLAN_VARIABLE, VARIABLE_PREFIX } from './plan.ts';

const KILLED = 137;
const UNREACHABLE = 69;

const plan = JSON.parse(process.env[PLAN_VARIABLE] ?? '') as AttachPlan;
let ending: Promise<void> | undefined;
let container: string | undefined;
let socket: Socket | undefined;

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());
run().catch(async (error: unknown) => {
  await remove();
  fail(error instanceof Error ? error.message : String(error));
});

async function run(): Promise<void> {
  const secret = Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith(VARIABLE_PREFIX) ? [`${name.slice(VARIABLE_PREFIX.length)}=${value}`] : [],
  );
  const { container: spec, engine } = plan;
  const Labels = { ...spec.Labels, [BRIDGE_LABEL]: ownMark() };
  const id = await openContainer(plan, { ...spec, Env: [...spec.Env, ...secret], Labels });
  container = id;
  if (ending !== undefined) return void (await remove());
  const attached = await hijack(engine, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`);
  socket = attached.socket;
  // Asked before the start: a container that ends at once is gone before one could ask.
  const waiting = ask(engine, 'POST', `/containers/${id}/wait?condition=next-exit`);
  const closed = bridge(attached.socket, attached.head);
  const started = await ask(engine, 'POST', `/containers/${id}/start`);
  if (started.status >= 400) {
    waiting.catch(() => {});
    await remove();
    return fail(`the container could not be started: ${messageOf(started)}`);
  }
  const reply = await waiting.catch(() => undefined);
  if (ending !== undefined) await ending;
  if (reply === undefined || reply.status !== 200) return fail('the Docker Engine went away', UNREACHABLE);
  const { StatusCode: code } = JSON.parse(reply.text) as { StatusCode: number };
  await closed;
  if (code === KILLED && ending === undefined)
    say(`was killed, most likely for its memory (the limit is ${spec.HostConfig.Memory / 1024 / 1024} MiB)`);
  await flush(code);
}

/** Resolves when the container has said all that it will say. */
function bridge(joined: Socket, head: Buffer): Promise<void> {
  const frames = new Frames((stream, bytes) => {
    if (process[stream].write(bytes)) return;
    joined.pause();
    process[stream].once('drain', () => joined.resume());
  });
  if (head.length > 0) frames.push(head);
  joined.setNoDelay(true);
  joined.on('data', (chunk: Buffer) => frames.push(chunk));
  joined.on('error', () => {});
  process.stdin.pipe(joined);
  process.stdin.once('end', () => setTimeout(() => void end(), plan.stopMs).unref());
  process.stdin.on('error', () => {});
  process.stdout.on('error', () => void end());
  return new Promise((resolve) => joined.once('close', () => resolve()));
}

/** Asks the server to end, and ends it by force when it does not. */
function end(): Promise<void> {
  ending ??= (async () => {
    if (container === undefined) return;
    // The engine cannot stop a container while somebody is attached who does not read.
    process.stdin.unpipe();
    socket?.destroy();
    await ask(plan.engine, 'POST', `/containers/${container}/kill?signal=SIGTERM`).catch(() => {});
    const force = setTimeout(() => void remove(), plan.stopMs);
    await ask(plan.engine, 'POST', `/containers/${container}/wait?condition=removed`).catch(() => {});
    clearTimeout(force);
  })();
  return ending;
}

async function remove(): Promise<void> {
  if (container === undefined) return;
  await ask(plan.engine, 'DELETE', `/containers/${container}?force=1`).catch(() => {});
  if (ending !== undefined) process.exit(0);
}

function fail(why: string, code = 1): void {
  if (ending === undefined) say(why);
  void flush(code);
}

function say(what: string): void {
  process.stderr.write(`[containers] ${plan.server}: ${what}\n`);
}

/** Pipes take what they are given only in time. */
async function flush(code: number): Promise<never> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((done) => stream.write('', () => done()))),
  );
  process.exit(code);
}
