import type { Redis } from 'ioredis';
import { type Fault, fault, isFault, type Log } from '#kernel';
import type { QueueConfig } from './config.ts';
import { SCRIPTS_OF_QUEUE, type ScriptName } from './redis-scripts.ts';

const OLDEST: readonly [number, number] = [6, 2];
const FIRST_RETRY_MS = 50;
const NOT_NOW = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOAUTH|OOM|MISCONF|BUSY)/;

/** One Redis, as far as this process reaches it: two connections, one for commands and one that hears what others did. */
export class RedisPlace {
  /** What may be shown of the URL. */
  readonly name: string;
  readonly #options: QueueConfig['redis'];
  readonly #log: Log;
  #client: Redis | undefined;
  #listener: Redis | undefined;
  #lastError: string | undefined;
  #isOpen = false;
  /** Why it does not answer. */
  trouble: string | undefined;

  constructor(options: QueueConfig['redis'], log: Log) {
    this.#options = options;
    this.#log = log;
    const { protocol, host, pathname } = new URL(options.url);
    this.name = `${protocol}//${host}${pathname}`;
  }

  get client(): Redis {
    if (this.#client !== undefined && this.#isOpen) return this.#client;
    throw fault('QUEUE_CLOSED', 'the queue is not open', { kind: 'unavailable' });
  }

  async open(): Promise<void> {
    const { Redis } = await import('ioredis');
    const { url, timeoutMs, connectMs, retryMs } = this.#options;
    const common = {
      lazyConnect: true,
      connectTimeout: connectMs,
      commandTimeout: timeoutMs,
      // A server that accepts connections and is silent is as good as none.
      socketTimeout: 2 * timeoutMs,
      retryStrategy: (times: number) => Math.min(FIRST_RETRY_MS * 2 ** Math.min(times, 10), retryMs),
      // After a failover the old master refuses to write.
      reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
      // What cannot be sent now, or got no answer, fails: who asked knows best whether to ask again.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
    };
    this.#client = new Redis(url, { ...common, scripts: SCRIPTS_OF_QUEUE });
    this.#listener = new Redis(url, common);
    this.#watch(this.#client);
    // The other connection has the same troubles, and tells of them.
    this.#listener.on('error', () => {});
    try {
      await this.#connected(this.#client);
      await this.#examine(this.#client);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#isOpen = true;
  }

  close(): void {
    this.#isOpen = false;
    this.#client?.disconnect();
    this.#listener?.disconnect();
  }

  /** Calls `heard` with what is published there, whenever there is a connection. */
  listen(channel: string, heard: (message: string) => void): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    listener.on('message', (_channel, message: string) => heard(message));
    listener.on('ready', () => void listener.subscribe(channel).catch(() => {}));
    listener.connect().catch(() => {});
  }

  /** Work with Redis whose failure is told in this plugin's words. */
  async attempt<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const { client } = this;
    try {
      return await work(client);
    } catch (error) {
      throw this.#told(error);
    }
  }

  script(name: ScriptName, base: string, ...given: readonly (string | number)[]): Promise<unknown> {
    return this.attempt((client) => {
      const command = (client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[`queue_${name}`]!;
      return command.call(client, base, ...given);
    });
  }

  #watch(client: Redis): void {
    client.on('error', (error: Error) => {
      this.#lastError = error.message || (error as NodeJS.ErrnoException).code || error.name;
    });
    client.on('close', () => {
      if (!this.#isOpen) return;
      if (this.trouble === undefined)
        this.#log.warn('Redis is away; jobs go on when it is back', { place: this.name, reason: this.#why() });
      this.trouble = `no connection to ${this.name}: ${this.#why()}`;
    });
    client.on('ready', () => {
      if (this.trouble !== undefined) this.#log.info('Redis is back', { place: this.name });
      this.trouble = undefined;
      this.#lastError = undefined;
    });
  }

  /** Redis may be starting beside us; a wrong password does not get better. */
  async #connected(client: Redis): Promise<void> {
    const { connectMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refused = (error: Error) => {
      if (/^(?:NOAUTH|WRONGPASS|NOPERM|ERR (?:invalid password|AUTH|DB index))/i.test(error.message)) reject(error);
    };
    const late = setTimeout(() => reject(new Error(this.#why())), connectMs);
    client.once('ready', resolve).on('error', refused);
    client.connect().catch(() => {});
    try {
      await promise;
    } catch (error) {
      throw this.#unavailable(error);
    } finally {
      clearTimeout(late);
      client.off('ready', resolve).off('error', refused);
    }
  }

  async #examine(client: Redis): Promise<void> {
    const info = await client.info().catch((error: unknown) => {
      throw this.#unavailable(error);
    });
    const fieldOf = (key: string): string => new RegExp(`^${key}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';
    const [major = 0, minor = 0] = fieldOf('redis_version').split('.').map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
      throw fault('QUEUE_REDIS_OLD', `${this.name} is Redis ${major}.${minor}; it takes ${OLDEST.join('.')} or newer`);
    const policy = fieldOf('maxmemory_policy');
    if (policy !== '' && policy !== 'noeviction')
      this.#log.warn('Redis may drop jobs when its memory is full: set maxmemory-policy to noeviction', { policy });
    if (fieldOf('aof_enabled') === '0')
      this.#log.warn('Redis keeps no append-only file: jobs of the last moments are lost with it', {
        place: this.name,
      });
  }

  #why(): string {
    return this.#lastError ?? 'it does not answer';
  }

  /** BullMQ's own errors have a number as their code. */
  #told(error: unknown): unknown {
    if (!(error instanceof Error) || isFault(error) || error instanceof TypeError) return error;
    if (typeof (error as { readonly code?: unknown }).code === 'number') return error;
    if (error.name !== 'ReplyError' || NOT_NOW.test(error.message)) return this.#unavailable(error);
    return fault('QUEUE_REFUSED', `${this.name} refused a command: ${error.message}`);
  }

  /** Without the error as its cause: it holds the command and its arguments. */
  #unavailable(error: unknown): Fault {
    const said = error instanceof Error ? error.message || this.#why() : String(error);
    const why = /enableOfflineQueue|max retries per request/i.test(said) ? this.#why() : said;
    return fault('QUEUE_UNAVAILABLE', `no answer from ${this.name}: ${why}`, {
      kind: 'unavailable',
      hint: 'check that Redis runs there and that queue.redis.url names the right host, password and database',
    });
  }
}
