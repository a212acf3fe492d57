import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { fault, type Log, reason } from '#kernel';
import { answers } from './answers.ts';
import type { ContainerSpec } from './attach/plan.ts';
import type { ContainersConfig } from './config.ts';
import type { FilledSpec } from './container-spec.ts';
import type { Engine } from './engine.ts';
import type { ImageTars } from './image-tars.ts';
import { INSTANCE_LABEL, SERVER_LABEL, SPEC_LABEL } from './labels.ts';
import { freePort } from './ports.ts';
import type { Wanted, WantedServers } from './wanted.ts';

const PROBE_MS = 2_000;
const PROBE_EVERY_MS = 100;
const NAMES = 5;
const PORTS = 5;
const LOG_LINES = 20;

export interface ListeningParts {
  readonly engine: Engine;
  readonly tars: ImageTars;
  readonly wanted: WantedServers;
  readonly config: ContainersConfig;
  readonly log: Log;
}
/** How its container is made; undefined while nobody has told us its secrets since our start. */
export type Fill = ((wanted: Wanted) => FilledSpec) | undefined;

/** Containers of servers that listen on a port: one a server, always on, brought back from whatever became of them. */
export class ListeningContainers {
  readonly #parts: ListeningParts;
  /** How often in a row a server did not answer. */
  readonly #silent = new Map<string, number>();

  constructor(parts: ListeningParts) {
    this.#parts = parts;
  }

  /** Running as wanted: left alone. Stopped: started. Another, or none: made, from the tar where the image is gone. */
  async ensure(wanted: Wanted, fill: Fill, signal: AbortSignal): Promise<void> {
    const { engine } = this.#parts;
    const { docker } = engine;
    const [present, ...more] = await this.#of(docker, wanted.server, signal);
    for (const extra of more) await this.remove(docker, extra.Id);
    if (present !== undefined) {
      const isAsWanted = fill === undefined || present.Labels[SPEC_LABEL] === digestOf(fill(wanted));
      if (isAsWanted && (present.State === 'running' || present.State === 'restarting')) return;
      if (isAsWanted && (await this.#started(docker, present.Id, signal))) return;
      if (fill === undefined) return;
      await this.remove(docker, present.Id);
    }
    if (fill === undefined) return;
    await this.#make(docker, wanted, fill, signal);
  }

  /** Resolves when it answers on its port. Fault INSTALL_FAILED with the last lines of its log. */
  async answered(server: string, signal: AbortSignal): Promise<void> {
    const { config, engine, wanted } = this.#parts;
    for (const end = performance.now() + config.startMs; ; await sleep(PROBE_EVERY_MS, undefined, { signal })) {
      const { port, path } = wanted.get(server)!;
      if (await answers(port!, path, PROBE_MS)) return;
      const [present] = await this.#of(engine.docker, server, signal);
      const isOver = present?.State === 'exited' || present?.State === 'dead' || present?.State === 'restarting';
      if (!isOver && performance.now() < end) continue;
      const said = present === undefined ? '' : await this.#lastLines(engine.docker, present.Id);
      throw fault('INSTALL_FAILED', `${server} does not answer on its port: ${said || 'it said nothing'}`, {
        kind: 'unavailable',
        hint: `compare port and path in containers.servers with what it listens on, or raise containers.startMs`,
      });
    }
  }

  /** One look at a server that should answer; restarted when it has been silent too often. */
  async check({ server, port, path }: Wanted, signal: AbortSignal): Promise<void> {
    const { config, engine, log } = this.#parts;
    if (port === undefined || (await answers(port, path, PROBE_MS))) return void this.#silent.delete(server);
    const times = (this.#silent.get(server) ?? 0) + 1;
    this.#silent.set(server, times);
    if (times < config.unhealthy) return;
    this.#silent.delete(server);
    const [present] = await this.#of(engine.docker, server, signal);
    if (present === undefined || present.State === 'restarting') return;
    log.warn('a server in a container does not answer, and is restarted', {
      server,
      said: await this.#lastLines(engine.docker, present.Id),
    });
    await engine.docker.getContainer(present.Id).restart({ t: 1, abortSignal: engine.limit(signal) });
  }

  get silent(): readonly string[] {
    return [...this.#silent.keys()];
  }

  async remove(docker: Docker, id: string): Promise<void> {
    await docker
      .getContainer(id)
      .remove({ force: true, abortSignal: this.#parts.engine.limit() })
      .catch((error: { statusCode?: number }) => {
        // Gone, or going: both is what is wanted.
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      });
  }

  #of(docker: Docker, server: string, signal: AbortSignal): Promise<Docker.ContainerInfo[]> {
    const label = [`${INSTANCE_LABEL}=${this.#parts.wanted.instance}`, `${SERVER_LABEL}=${server}`];
    return docker.listContainers({ all: true, filters: { label }, abortSignal: this.#parts.engine.limit(signal) });
  }

  async #make(docker: Docker, first: Wanted, fill: NonNullable<Fill>, signal: AbortSignal): Promise<void> {
    let wanted = first;
    for (let attempt = 1; ; attempt++) {
      const filled = fill(wanted);
      const id = await this.#create(docker, wanted, filled, signal);
      try {
        await docker.getContainer(id).start({ abortSignal: this.#parts.engine.limit(signal) });
        return;
      } catch (error) {
        await this.remove(docker, id);
        if (attempt === PORTS || !/port is already allocated|address already in use/.test(reason(error))) throw error;
        wanted = await this.#otherPort(wanted);
      }
    }
  }

  /** Somebody else took its port while we were away. */
  async #otherPort(wanted: Wanted): Promise<Wanted> {
    const { wanted: all, config, log } = this.#parts;
    const taken = new Set(all.all.flatMap(({ port }) => port ?? []));
    const other = { ...wanted, port: await freePort(config.firstPort, config.lastPort, taken) };
    log.warn('the port of a server is taken, it gets another one', { server: wanted.server, port: other.port });
    await all.put(other);
    return other;
  }

  async #create(docker: Docker, { server, image }: Wanted, filled: FilledSpec, signal: AbortSignal): Promise<string> {
    const spec = complete(filled);
    let name = `mcp-${server}`;
    let isRestored = false;
    for (let attempt = 1; ; ) {
      try {
        const container = await docker.createContainer({
          ...spec,
          name,
          abortSignal: this.#parts.engine.limit(signal),
        });
        return container.id;
      } catch (error) {
        const { statusCode } = error as { statusCode?: number };
        if (statusCode === 404 && !isRestored) {
          isRestored = true;
          await this.#parts.tars.restore(image, signal);
        } else if (statusCode === 409 && attempt++ < NAMES) name = `mcp-${server}-${randomBytes(3).toString('hex')}`;
        else throw error;
      }
    }
  }

  /** False where it cannot be, as when its port was taken meanwhile: then it is made again. */
  async #started(docker: Docker, id: string, signal: AbortSignal): Promise<boolean> {
    try {
      await docker.getContainer(id).start({ abortSignal: this.#parts.engine.limit(signal) });
      return true;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 304) return true;
      this.#parts.log.info('a stopped container could not be started, and is made again', { reason: reason(error) });
      return false;
    }
  }

  async #lastLines(docker: Docker, id: string): Promise<string> {
    try {
      const options = { stdout: true, stderr: true, tail: LOG_LINES, follow: false as const };
      const framed = await docker.getContainer(id).logs({ ...options, abortSignal: this.#parts.engine.limit() });
      return unframed(framed).trim().split('\n').join('; ').slice(-1_000);
    } catch {
      return '';
    }
  }
}

const complete = ({ spec, secret }: FilledSpec): ContainerSpec => ({
  ...spec,
  Env: [...spec.Env, ...Object.entries(secret).map(([name, value]) => `${name}=${value}`)],
  Labels: { ...spec.Labels, [SPEC_LABEL]: digestOf({ spec, secret }) },
});

/** The names of secrets, not their values: a label is shown to whoever may look. */
const digestOf = ({ spec, secret }: FilledSpec): string =>
  createHash('sha256')
    .update(JSON.stringify([spec, Object.keys(secret).sort()]))
    .digest('hex')
    .slice(0, 16);

function unframed(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}
