import { randomUUID } from 'node:crypto';
import { fault } from '#kernel';
import type { Mount } from './mount.ts';
import { Session, type SessionLimits } from './session.ts';

export interface SessionStoreLimits extends SessionLimits {
  readonly sessions: number;
  /** Of one principal. */
  readonly perPrincipal: number;
  readonly idleMs: number;
}

/** Sessions on their way to the next generation of this plugin, each with the path that it was opened on. */
export type SessionState = readonly { readonly path: string; readonly session: Session }[];

/**
 * All legacy sessions. Idle ones end by themselves. Who has too many, or finds the store full, loses his own that was
 * idle longest; nobody loses a session to somebody else.
 */
export class Sessions {
  readonly #byId = new Map<string, Session>();
  readonly #paths = new Map<string, string>();
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

  /** `path` is where the client asked. */
  open(principal: string, path: string, mount: Mount): Session {
    const { sessions, perPrincipal } = this.#limits;
    if (this.#byId.size >= Math.min(sessions, perPrincipal)) this.#makeRoom(principal);
    const session = new Session(randomUUID(), principal, mount, this.#limits);
    this.#byId.set(session.id, session);
    this.#paths.set(session.id, path);
    return session;
  }

  /** Gives all sessions away; stopping ends none of them. */
  release(): SessionState {
    const state = [...this.#byId.values()].map((session) => ({ path: this.#paths.get(session.id)!, session }));
    this.#byId.clear();
    this.#paths.clear();
    return state;
  }

  /** `mountAt` throws where a path serves nothing any more: then its sessions end. */
  adopt(state: SessionState, mountAt: (path: string) => Mount): void {
    for (const { path, session } of state) {
      this.#byId.set(session.id, session);
      this.#paths.set(session.id, path);
      try {
        session.moveTo(mountAt(path));
      } catch {
        this.end(session.id);
      }
    }
  }

  end(id: string): void {
    const session = this.#byId.get(id);
    if (session === undefined) return;
    this.#byId.delete(id);
    this.#paths.delete(id);
    session.close();
    this.#ended(id);
  }

  #endIdle(): void {
    const oldest = Date.now() - this.#limits.idleMs;
    for (const [id, session] of this.#byId) if (!session.busy && session.lastSeen < oldest) this.end(id);
  }

  #makeRoom(principal: string): void {
    const { sessions, perPrincipal } = this.#limits;
    let own = 0;
    let idlest: Session | undefined;
    for (const session of this.#byId.values()) {
      if (session.caller.principal !== principal) continue;
      own++;
      if (!session.busy && (idlest === undefined || session.lastSeen < idlest.lastSeen)) idlest = session;
    }
    if (own < perPrincipal && this.#byId.size < sessions) return;
    if (idlest === undefined)
      throw fault(
        'SESSIONS_FULL',
        own < perPrincipal ? `all ${sessions} sessions are in use` : `${own} sessions of yours are in use`,
        {
          kind: 'unavailable',
          hint: 'end sessions with DELETE, or raise limits of mcp-endpoint',
        },
      );
    this.end(idlest.id);
  }
}
