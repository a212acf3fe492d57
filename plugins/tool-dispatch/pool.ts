import type { Launch } from '#plugins/tool-registry/api';
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

export type MakeLink = (launch: Launch) => Link;

/** A link in use counts as used now: its time begins when the last call ends. */
export function isIdle(link: Link, now: number, idleMs: number): boolean {
  if (link.inFlight > 0) link.usedAt = now;
  return link.state !== 'idle' && link.state !== 'connecting' && now - link.usedAt >= idleMs;
}
