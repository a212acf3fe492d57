import { type Fault, fault } from '#kernel';
import type { Launch, ServerSpec } from '#plugins/tool-registry/api';
import type { Caller } from './api.ts';
import type { Link } from './link.ts';

/** Which of a server's connections a caller gets. */
export interface Pool {
  readonly links: Iterable<Link>;
  start(): void;
  /** A link with a live connection, without waiting; undefined where there is none. */
  ready(caller: Caller | undefined): Link | undefined;
  /** Those to try, the most hopeful first. */
  candidates(caller: Caller | undefined): readonly Link[];
  sweep(now: number, idleMs: number): void;
  endOf(key: string): void;
  end(): Promise<void>;
}

type MakeLink = (launch: Launch) => Link;

export const poolFor = (spec: ServerSpec, make: MakeLink): Pool =>
  spec.connection === 'shared' ? new SharedPool(spec, make) : new KeyedPool(spec, make);

/** One connection a replica, for everybody. */
class SharedPool implements Pool {
  readonly links: readonly Link[];
  readonly #lazy: boolean;
  #turn = 0;

  constructor(spec: ServerSpec, make: MakeLink) {
    this.#lazy = spec.start === 'lazy';
    this.links = spec.launches.map(make);
  }

  start(): void {
    for (const link of this.links) link.start();
  }

  ready(): Link | undefined {
    const { links } = this;
    if (links.length === 1 && !this.#lazy) return links[0]!.connection === undefined ? undefined : links[0];
    let best: Link | undefined;
    const turn = this.#turn++;
    for (let i = 0; i < links.length; i++) {
      const link = links[(turn + i) % links.length]!;
      if (link.connection !== undefined && (best === undefined || link.inFlight < best.inFlight)) best = link;
    }
    if (best !== undefined && this.#lazy) best.usedAt = Date.now();
    return best;
  }

  candidates(): readonly Link[] {
    return [...this.links].sort((a, b) => hope(a) - hope(b) || a.inFlight - b.inFlight);
  }

  sweep(now: number, idleMs: number): void {
    if (!this.#lazy || idleMs === 0) return;
    for (const link of this.links) if (isIdle(link, now, idleMs)) link.drop('nobody used it', 'idle');
  }

  endOf(): void {}

  async end(): Promise<void> {
    await Promise.all(this.links.map((link) => link.end()));
  }
}

/** One connection a session or user, some kept warm for the next one. */
class KeyedPool implements Pool {
  readonly #spec: ServerSpec;
  readonly #make: MakeLink;
  readonly #byKey = new Map<string, Link>();
  readonly #spare: Link[] = [];
  #turn = 0;
  #ended = false;

  constructor(spec: ServerSpec, make: MakeLink) {
    this.#spec = spec;
    this.#make = make;
  }

  get links(): readonly Link[] {
    return [...this.#byKey.values(), ...this.#spare];
  }

  start(): void {
    // One at least: somebody has to tell which tools there are.
    this.#warm(Math.max(1, this.#spec.pool.warm));
  }

  ready(caller: Caller | undefined): Link | undefined {
    const link = this.#byKey.get(this.#key(caller));
    if (link?.connection === undefined) return undefined;
    link.usedAt = Date.now();
    return link;
  }

  candidates(caller: Caller | undefined): readonly Link[] {
    const key = this.#key(caller);
    const known = this.#byKey.get(key);
    if (known !== undefined) return [known];
    const link = this.#takeSpare() ?? this.#open();
    link.usedAt = Date.now();
    this.#byKey.set(key, link);
    setImmediate(() => this.#warm(this.#spec.pool.warm));
    return [link];
  }

  sweep(now: number, idleMs: number): void {
    if (idleMs === 0) return;
    for (const [key, link] of this.#byKey) if (isIdle(link, now, idleMs)) this.endOf(key);
    while (this.#spare.length > this.#spec.pool.warm && isIdle(this.#spare[0]!, now, idleMs))
      void this.#spare.shift()!.end();
  }

  endOf(key: string): void {
    const link = this.#byKey.get(key);
    this.#byKey.delete(key);
    void link?.end();
  }

  async end(): Promise<void> {
    this.#ended = true;
    const all = this.links;
    this.#byKey.clear();
    this.#spare.length = 0;
    await Promise.all(all.map((link) => link.end()));
  }

  #key(caller: Caller | undefined): string {
    const user = caller?.principal ?? 'anonymous';
    if (this.#spec.connection === 'user') return user;
    return caller?.session ?? `no session of ${user}`;
  }

  #takeSpare(): Link | undefined {
    const ready = this.#spare.findIndex((link) => link.connection !== undefined);
    return this.#spare.splice(Math.max(0, ready), 1)[0];
  }

  #open(): Link {
    if (this.#byKey.size + this.#spare.length >= this.#spec.pool.max && !this.#evict()) throw poolFull(this.#spec);
    const { launches } = this.#spec;
    return this.#make(launches[this.#turn++ % launches.length]!);
  }

  /** Makes room: the connection that was quiet for the longest goes. */
  #evict(): boolean {
    let oldest: [string, Link] | undefined;
    for (const entry of this.#byKey)
      if (entry[1].inFlight === 0 && (oldest === undefined || entry[1].usedAt < oldest[1].usedAt)) oldest = entry;
    if (oldest === undefined) return false;
    this.endOf(oldest[0]);
    return true;
  }

  #warm(wanted: number): void {
    const { launches, pool } = this.#spec;
    while (!this.#ended && this.#spare.length < wanted && this.#byKey.size + this.#spare.length < pool.max) {
      const link = this.#make(launches[this.#turn++ % launches.length]!);
      this.#spare.push(link);
      link.start();
    }
  }
}

const hope = (link: Link): number =>
  link.connection !== undefined ? 0 : link.state === 'connecting' ? 1 : link.givenUp ? 3 : 2;

/** A link in use counts as used now: its time begins when the last call ends. */
function isIdle(link: Link, now: number, idleMs: number): boolean {
  if (link.inFlight > 0) link.usedAt = now;
  return link.state !== 'idle' && link.state !== 'connecting' && now - link.usedAt >= idleMs;
}

const poolFull = ({ id, pool, connection }: ServerSpec): Fault =>
  fault('POOL_FULL', `server "${id}" has ${pool.max} connections, one for each ${connection}, and all are busy`, {
    kind: 'unavailable',
    hint: 'try again, or raise pool.max of this server',
    data: { server: id, max: pool.max },
  });
