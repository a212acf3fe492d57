import { type Fault, fault } from '#kernel';
import type { ServerSpec } from '#plugins/tool-registry/api';
import type { Caller } from './api.ts';
import type { Link } from './link.ts';
import { isIdle, type MakeLink, type Pool } from './pool.ts';

/**
 * One connection a session or user, some kept warm for the next one. Who opens many sessions in a full pool gives up
 * own ones; another principal loses a quiet one only to somebody who has fewer.
 */
export class KeyedPool implements Pool {
  readonly #spec: ServerSpec;
  readonly #make: MakeLink;
  readonly #byKey = new Map<string, Link>();
  /** Key to principal. */
  readonly #owners = new Map<string, string>();
  readonly #share: number;
  #first: string | undefined;
  #several = false;
  readonly #spare: Link[] = [];
  #turn = 0;
  #ended = false;

  constructor(spec: ServerSpec, share: number, make: MakeLink) {
    this.#spec = spec;
    this.#share = share;
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
    const principal = principalOf(caller);
    this.#makeRoom(principal);
    const link = this.#takeSpare() ?? this.#open();
    link.usedAt = Date.now();
    this.#byKey.set(key, link);
    this.#owners.set(key, principal);
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
    this.#owners.delete(key);
    void link?.end();
  }

  async end(): Promise<void> {
    this.#ended = true;
    const all = this.links;
    this.#byKey.clear();
    this.#owners.clear();
    this.#spare.length = 0;
    await Promise.all(all.map((link) => link.end()));
  }

  #key(caller: Caller | undefined): string {
    const user = principalOf(caller);
    if (this.#spec.connection === 'user') return user;
    return caller?.session ?? `no session of ${user}`;
  }

  #takeSpare(): Link | undefined {
    const ready = this.#spare.findIndex((link) => link.connection !== undefined);
    return this.#spare.splice(Math.max(0, ready), 1)[0];
  }

  #open(): Link {
    const { launches } = this.#spec;
    return this.#make(launches[this.#turn++ % launches.length]!);
  }

  /** A place for one more connection of this principal, or a throw. */
  #makeRoom(principal: string): void {
    this.#first ??= principal;
    this.#several ||= principal !== this.#first;
    const { max } = this.#spec.pool;
    const mine = this.#heldBy(principal);
    const most = this.#several ? Math.max(1, Math.floor(max * this.#share)) : max;
    const isFull = this.#spare.length === 0 && this.#byKey.size >= max;
    if (mine < most && !isFull) return;
    if (this.#endQuietest((owner) => owner === principal)) return;
    if (mine >= most && most < max) throw shareFull(this.#spec, most);
    if (mine === 0 && this.#endQuietest((owner) => this.#heldBy(owner) > 1)) return;
    if (!this.#endQuietest((owner) => mine === 0 || this.#heldBy(owner) > mine + 1)) throw poolFull(this.#spec);
  }

  #heldBy(principal: string): number {
    let held = 0;
    for (const owner of this.#owners.values()) if (owner === principal) held++;
    return held;
  }

  /** Ends the connection that was quiet for the longest, of those whose owner may lose one. */
  #endQuietest(mayLose: (owner: string) => boolean): boolean {
    let oldest: [string, Link] | undefined;
    for (const entry of this.#byKey)
      if (
        entry[1].inFlight === 0 &&
        (oldest === undefined || entry[1].usedAt < oldest[1].usedAt) &&
        mayLose(this.#owners.get(entry[0])!)
      )
        oldest = entry;
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

const principalOf = (caller: Caller | undefined): string => caller?.principal ?? 'anonymous';

const poolFull = ({ id, pool, connection }: ServerSpec): Fault =>
  fault('POOL_FULL', `server "${id}" has ${pool.max} connections, one for each ${connection}, and all are busy`, {
    kind: 'unavailable',
    hint: 'try again, or raise pool.max of this server',
    data: { server: id, max: pool.max },
  });

const shareFull = ({ id, pool, connection }: ServerSpec, most: number): Fault =>
  fault(
    'POOL_SHARE_FULL',
    `this caller has ${most} of the ${pool.max} connections of server "${id}", and all are busy`,
    {
      kind: 'unavailable',
      hint: `try again, end a ${connection}, or raise pool.max of this server or poolShare of tool-dispatch`,
      data: { server: id, max: pool.max, most },
    },
  );
