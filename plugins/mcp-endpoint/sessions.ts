import { randomUUID } from 'node:crypto';
import { fault } from '#kernel';
import type { Mount } from './mount.ts';
import { Session, type SessionLimits } from './session.ts';

export interface SessionStoreLimits extends SessionLimits {
  readonly sessions: number;
  readonly idleMs: number;
}

/** All legacy sessions. Idle ones end by themselves; when the store is full the one that was idle longest makes room. */
export class Sessions {
  readonly #byId = new Map<string, Session>();
  readonly #limits: SessionStoreLimits;
  readonly #ended: (session: string) => void;
  #sweep: NodeJS.Timeout | undefined;

  constructor(limits: SessionStoreLimits, ended: (session: string) => void) {
    this.#limits = limits;
    this.#ended = ended;
  }

  get size(): number {
    return this.#byId.size;
  }

  start(): void {
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(this.#limits.idleMs, 60_000));
    this.#sweep.unref();
  }

  stop(): void {
    clearInterval(this.#sweep);
    for (const id of [...this.#byId.keys()]) this.end(id);
  }

  get(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  open(principal: string, mount: Mount): Session {
    if (this.#byId.size >= this.#limits.sessions) this.#makeRoom();
    const session = new Session(randomUUID(), principal, mount, this.#limits);
    this.#byId.set(session.id, session);
    return session;
  }

  end(id: string): void {
    const session = this.#byId.get(id);
    if (session === undefined) return;
    this.#byId.delete(id);
    session.close();
    this.#ended(id);
  }

  #endIdle(): void {
    const oldest = Date.now() - this.#limits.idleMs;
    for (const [id, session] of this.#byId) if (!session.busy && session.lastSeen < oldest) this.end(id);
  }

  #makeRoom(): void {
    let idlest: Session | undefined;
    for (const session of this.#byId.values()) {
      if (!session.busy && (idlest === undefined || session.lastSeen < idlest.lastSeen)) idlest = session;
    }
    if (idlest === undefined)
      throw fault('SESSIONS_FULL', `all ${this.#limits.sessions} sessions are in use`, {
        kind: 'unavailable',
        hint: 'end sessions with DELETE, or raise limits.sessions of mcp-endpoint',
      });
    this.end(idlest.id);
  }
}
