import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { fault, type Log, reason } from '#kernel';
import { ask } from './attach/docker-http.ts';
import type { EngineAddress } from './attach/plan.ts';
import type { ContainersConfig } from './config.ts';
import { engineAddress } from './engine-address.ts';
import { INSTANCE_LABEL } from './labels.ts';

export interface ContainerEvent {
  readonly action: string;
  readonly container: string;
  readonly labels: Readonly<Record<string, string>>;
}
interface Up {
  readonly docker: Docker;
  readonly version: string;
  readonly cores: number;
}
export interface EngineListener {
  /** Each time that the engine answers and its events flow. */
  onUp(): void;
  onEvent(event: ContainerEvent): void;
}

/** The Docker Engine: is it there, and what does it say. A stream of its events is what shows that it is. */
export class Engine {
  readonly address: EngineAddress;
  readonly #config: ContainersConfig;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  #up: Up | undefined;
  #why = 'it was not looked for yet';
  #hasSaid = false;

  constructor(config: ContainersConfig, log: Log, signal: AbortSignal) {
    this.#config = config;
    this.#log = log;
    this.#signal = signal;
    this.address = engineAddress(config.socket);
  }

  /** Resolves after the first look; goes on looking until the plugin ends. */
  async start(instance: string, listener: EngineListener): Promise<void> {
    const first = await this.#connect(instance);
    void this.#follow(first, instance, listener);
  }

  get version(): string | undefined {
    return this.#up?.version;
  }
  get cores(): number | undefined {
    return this.#up?.cores;
  }
  /** Why there is none; undefined while there is one. */
  get missing(): string | undefined {
    return this.#up === undefined ? `no Docker Engine: ${this.#why}` : undefined;
  }
  /** Fault DOCKER_MISSING. */
  get docker(): Docker {
    if (this.#up === undefined)
      throw fault('DOCKER_MISSING', this.missing!, {
        kind: 'unavailable',
        hint: 'start Docker, or name its socket in containers.socket',
      });
    return this.#up.docker;
  }

  /** For calls that are done at once when all is well: without a limit they could wait for ever. */
  limit(signal?: AbortSignal): AbortSignal {
    const limit = AbortSignal.timeout(this.#config.callMs);
    return signal === undefined ? limit : AbortSignal.any([limit, signal]);
  }

  async #follow(first: Readable | undefined, instance: string, listener: EngineListener): Promise<void> {
    let stream = first;
    while (!this.#signal.aborted) {
      if (stream !== undefined) {
        listener.onUp();
        const why = await this.#read(stream, listener);
        if (this.#signal.aborted) return;
        this.#down(why);
      }
      await sleep(this.#config.reconnectMs, undefined, { signal: this.#signal, ref: false }).catch(() => {});
      if (!this.#signal.aborted) stream = await this.#connect(instance);
    }
  }

  async #connect(instance: string): Promise<Readable | undefined> {
    const { address } = this;
    try {
      if ('socketPath' in address && !existsSync(address.socketPath))
        throw new Error(`there is no socket at ${address.socketPath}`);
      const limit = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#config.pingMs)]);
      const { status, text } = await ask(address, 'GET', '/info', undefined, limit);
      if (status !== 200) throw new Error(`it answered ${status}`);
      const { NCPU: cores, ServerVersion: version } = JSON.parse(text) as { NCPU: number; ServerVersion: string };
      const { default: Dockerode } = await import('dockerode');
      const docker = new Dockerode(address);
      const filters = { type: ['container'], label: [`${INSTANCE_LABEL}=${instance}`] };
      const stream = (await docker.getEvents({ filters: filters as object })) as unknown as Readable;
      this.#up = { docker, version, cores };
      this.#hasSaid = false;
      this.#log.info('found a Docker Engine', { version, cores });
      return stream;
    } catch (error) {
      this.#down(reason(error));
      return undefined;
    }
  }

  #down(why: string): void {
    this.#up = undefined;
    this.#why = why;
    if (this.#hasSaid || this.#signal.aborted) return;
    this.#hasSaid = true;
    this.#log.info('No Docker Engine here: servers run in containers when there is one.', { reason: why });
  }

  /** Until it ends; gives why. */
  #read(stream: Readable, listener: EngineListener): Promise<string> {
    const stop = (): void => void stream.destroy();
    this.#signal.addEventListener('abort', stop, { once: true });
    if (this.#signal.aborted) stop();
    return new Promise<string>((resolve) => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) tell(line, listener);
      });
      stream.once('error', (error) => resolve(reason(error)));
      stream.once('close', () => resolve('it went away'));
    }).finally(() => this.#signal.removeEventListener('abort', stop));
  }
}

function tell(line: string, listener: EngineListener): void {
  if (line.trim() === '') return;
  const { Action, Actor } = JSON.parse(line) as {
    Action: string;
    Actor: { ID: string; Attributes: Record<string, string> };
  };
  listener.onEvent({ action: Action, container: Actor.ID, labels: Actor.Attributes });
}
