import type { ServerSpec } from '#plugins/tool-registry/api';
import type { Link } from './link.ts';
import { isIdle, type MakeLink, type Pool } from './pool.ts';

/** One connection a replica, for everybody. */
export class SharedPool implements Pool {
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

const hope = (link: Link): number =>
  link.connection !== undefined ? 0 : link.state === 'connecting' ? 1 : link.givenUp ? 3 : 2;
