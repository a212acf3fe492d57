import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, isFault, type Log, reason } from '#kernel';
import type { CapabilityJob, PlaneCall, PlaneNeed, PlaneOutcome, ToolView } from '../api.ts';
import type { ToolClientConfig } from '../config.ts';
import { type JobChange, JobNews } from '../job-news.ts';
import { failedOutcome, failureOf, unknownTool } from '../outcome.ts';
import { type ClientPlane, findTool, type PlaneState } from '../plane.ts';
import { Views } from '../views.ts';
import { DirectCalls } from './direct-calls.ts';
import { EventStream } from './event-stream.ts';
import { HttpLine } from './http-line.ts';
import { Listing } from './listing.ts';
import { shown, unreachable } from './problem.ts';
import { RemoteCalls } from './remote-calls.ts';
import { RemoteJobs } from './remote-jobs.ts';

const READY_MS = 200;
const READY_LATER_MS = 1_000;
const LIST_AGAIN_MS = 100;
const STATES: readonly unknown[] = ['running', 'waiting_approval', 'done', 'failed', 'cancelled'];

/** The tools of a server elsewhere. */
export class RemotePlane implements ClientPlane {
  readonly #config: ToolClientConfig;
  readonly #log: Log;
  readonly #line: HttpLine;
  readonly #views: Views;
  readonly #news = new JobNews();
  readonly #listing: Listing;
  readonly #stream: EventStream;
  readonly #calls: RemoteCalls;
  readonly #direct: DirectCalls | undefined;
  readonly #jobs: RemoteJobs;
  readonly #ending = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #poll: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #trouble: unknown = 'it was not asked yet';
  #isReached: boolean | undefined;
  /** The way is up again, for all that is known: the socket need not wait out its pause. But not at every look. */
  #mayHurry = true;

  constructor(config: ToolClientConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#line = new HttpLine(config.url, config.apiKey);
    this.#views = new Views(log);
    this.#stream = new EventStream(this.#line, config.events, {
      up: () => this.#up(),
      event: (event) => this.#event(event),
      down: (why) => this.#down(why),
    });
    this.#listing = new Listing(this.#line, this.#views, config, () => this.#stream.isUp);
    this.#calls = new RemoteCalls(this.#line, config);
    this.#direct = config.direct ? new DirectCalls(this.#line, config, log) : undefined;
    this.#jobs = new RemoteJobs(this.#line, config.requestMs);
    this.#views.onWait = () => this.#pollWhileDown();
  }

  start(): void {
    void this.#stream.run();
    void this.#awaitReady();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    clearInterval(this.#poll);
    clearTimeout(this.#again);
    this.#stream.close();
    this.#listing.close();
    this.#views.close();
    this.#line.close();
    await this.#direct?.close();
  }

  get view(): ToolView {
    return this.#views.view;
  }
  get detail() {
    const { version, tools } = this.view;
    return { url: shown(this.#config.url), connected: this.#stream.isUp, version, tools: tools.size };
  }

  async ready(signal?: AbortSignal): Promise<ToolView> {
    signal?.throwIfAborted();
    const over = new AbortController();
    const end = (): void => over.abort();
    const limit = setTimeout(end, this.#config.waitMs);
    const signals = [signal, this.#ending.signal].filter((each) => each !== undefined);
    for (const each of signals) each.addEventListener('abort', end, { once: true });
    const late = new Promise<never>((_, reject) => {
      over.signal.addEventListener('abort', () => reject(new Error('late')), { once: true });
    });
    try {
      // `changed` polls where the socket does not come up.
      await Promise.race([Promise.all([this.#ready.promise, this.#views.changed(0, over.signal)]), late]);
    } catch (error) {
      signal?.throwIfAborted();
      if (!over.signal.aborted) throw error;
      // It may serve already, while some server behind it is not there yet.
      if (this.view.version === 0) throw unreachable(this.#config.url, this.#trouble);
    } finally {
      clearTimeout(limit);
      for (const each of signals) each.removeEventListener('abort', end);
      end();
    }
    return this.view;
  }

  changed(version: number, signal: AbortSignal): Promise<ToolView> {
    return this.#views.changed(version, signal);
  }
  onChange(listener: (view: ToolView) => void): () => void {
    return this.#views.onChange(listener);
  }
  onJob(listener: (change: JobChange) => void): () => void {
    return this.#news.on(listener);
  }

  async call(name: string, args: Readonly<Record<string, unknown>>, options: PlaneCall): Promise<PlaneOutcome> {
    const { signal, key } = options;
    signal.throwIfAborted();
    const begun = performance.now();
    let tool = findTool(this.view, name);
    if (tool === undefined) {
      const failure = await this.#look(options);
      tool = findTool(this.view, name);
      // With a key the server is asked in any case: it may know how an earlier call of this key ended.
      if (tool === undefined && key === undefined) {
        const durationMs = performance.now() - begun;
        return failure === undefined
          ? unknownTool(name, this.view, durationMs)
          : failedOutcome(failureOf(failure), durationMs);
      }
    }
    const direct = tool && (await this.#direct?.call(tool, args, options));
    const outcome = direct ?? (await this.#calls.call(tool?.id ?? name, tool, args, options));
    if (outcome.code !== 'TOOL_UNKNOWN' && outcome.code !== 'SERVER_UNKNOWN') return outcome;
    // It was removed a moment ago; the names that are near are those of the new listing.
    await this.#look(options);
    return unknownTool(name, this.view, outcome.durationMs);
  }

  /** Reads the listing again. The fault where that failed; rejects with the signal's reason. */
  async #look({ signal, timeoutMs }: PlaneCall): Promise<Fault | undefined> {
    const over = new AbortController();
    const limit = timeoutMs === undefined ? undefined : setTimeout(() => over.abort(), timeoutMs);
    try {
      if (this.view.version > 0) await this.#listing.refresh();
      else await this.ready(AbortSignal.any([signal, over.signal]));
      signal.throwIfAborted();
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return isFault(error) ? error : unreachable(this.#config.url, error);
    } finally {
      clearTimeout(limit);
    }
  }

  async request(need: PlaneNeed, signal?: AbortSignal): Promise<CapabilityJob> {
    signal?.throwIfAborted();
    return this.#jobs.request(need, signal);
  }
  async job(id: string, signal?: AbortSignal): Promise<CapabilityJob> {
    signal?.throwIfAborted();
    return this.#jobs.job(id, signal);
  }

  handOver(): PlaneState {
    return { views: this.#views.handOver(), jobs: this.#news.handOver() };
  }
  adopt({ views, jobs }: PlaneState): void {
    this.#views.adopt(views);
    this.#news.adopt(jobs);
  }

  #up(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
    if (this.#isReached !== true) this.#log.info('The tool server is reached.', { url: shown(this.#config.url) });
    this.#isReached = true;
    // What happened while the socket was down was not told: look.
    this.#follow(this.#listing.restart());
  }

  #down(why: string): void {
    this.#line.dropIdle();
    if (this.#isReached !== false && !this.#ending.signal.aborted)
      this.#log.warn('The event socket of the tool server is down; it is opened again.', {
        url: shown(this.#config.url),
        reason: why,
      });
    if (this.#isReached) this.#mayHurry = true;
    this.#isReached = false;
    this.#trouble = why;
    if (this.#views.waiting > 0) this.#pollWhileDown();
  }

  #event(event: Readonly<Record<string, unknown>>): void {
    const { type, job_id: id, state } = event;
    if (type === 'install_progress') {
      if (STATES.includes(state)) this.#news.tell({ id: String(id), state: state as CapabilityJob['state'] });
    } else if (typeof type === 'string' && type.startsWith('tool_')) this.#follow(this.#listing.refresh());
  }

  /** A listing that failed while the socket is up is read again. */
  #follow(reading: Promise<void>): void {
    reading.catch((error) => {
      this.#trouble = reason(error);
      if (this.#ending.signal.aborted || !this.#stream.isUp || this.#again !== undefined) return;
      this.#again = setTimeout(() => {
        this.#again = undefined;
        this.#follow(this.#listing.refresh());
      }, LIST_AGAIN_MS);
    });
  }

  #pollWhileDown(): void {
    if (this.#poll !== undefined || this.#stream.isUp || this.#ending.signal.aborted) return;
    const look = (): void => {
      if (this.#views.waiting === 0) {
        clearInterval(this.#poll);
        this.#poll = undefined;
        return;
      }
      this.#listing.refresh().then(
        () => {
          if (this.#mayHurry) this.#stream.hurry();
          this.#mayHurry = false;
        },
        (error) => {
          this.#mayHurry = true;
          this.#trouble = reason(error);
        },
      );
    };
    this.#poll = setInterval(look, this.#config.events.pollMs);
    look();
  }

  async #awaitReady(): Promise<void> {
    const begun = performance.now();
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const { status } = await this.#line.ask({ path: '/ready', timeoutMs: this.#config.requestMs, signal });
        // A server that has no such route is as ready as it will be.
        if (status === 200 || status === 404) {
          await this.#listing.refresh();
          return this.#ready.resolve();
        }
        this.#trouble = `/ready answers ${status}`;
      } catch (error) {
        this.#trouble = reason(error);
      }
      const isEarly = performance.now() - begun < this.#config.waitMs;
      await sleep(isEarly ? READY_MS : READY_LATER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
