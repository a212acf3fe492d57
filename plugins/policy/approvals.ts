import { randomUUID } from 'node:crypto';
import { type Events, fault, type Log, reason, type Undo } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import { APPROVAL_CHANGED, type Approval, type ApprovalRequest } from './api.ts';
import { ApprovalTable, type Verdict } from './approval-table.ts';
import { cleanDetail, cleanText } from './clean-detail.ts';
import type { PolicyConfig } from './config.ts';
import type { RulesInForce } from './rules-in-force.ts';

const HOUR_MS = 3_600_000;
const LISTED = 1_000;

export interface ApprovalParts {
  readonly storage: Storage;
  readonly events: Events;
  readonly log: Log;
  readonly config: PolicyConfig;
  readonly inForce: RulesInForce;
  readonly signal: AbortSignal;
}

/** What waits for a person, and who waits for it. */
export class Approvals {
  readonly #parts: ApprovalParts;
  readonly #table: ApprovalTable;
  /** By approval: who is to look again. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #deciding = new Set<Promise<Approval>>();

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
    this.#table = new ApprovalTable(parts.storage);
  }

  list(state?: Approval['state']): Promise<readonly Approval[]> {
    return this.#table.list(state, LISTED);
  }

  /** Fault APPROVAL_UNKNOWN. */
  async get(id: string): Promise<Approval> {
    const found = await this.#table.get(id);
    if (found !== undefined) return found;
    throw fault('APPROVAL_UNKNOWN', `there is no approval "${id}"`, {
      kind: 'not_found',
      alternatives: (await this.list('open')).slice(0, 10).map((each) => each.id),
      hint: 'GET /api/v1/approvals lists them',
    });
  }

  /** The open one of the same subject and kind, or a new one. Fault APPROVALS_FULL. */
  async open(request: ApprovalRequest): Promise<{ readonly approval: Approval; readonly isNew: boolean }> {
    await this.expire();
    const { expireHours, holdHours, mostOpen } = this.#parts.inForce.rules.approvals;
    const now = Date.now();
    // An installation names its exact version, and a call itself; another change of a server's tools is another question.
    const isExact = request.kind === 'install' || request.kind === 'tool_call';
    const since = isExact ? now - holdHours * HOUR_MS : Number.MAX_SAFE_INTEGER;
    for (;;) {
      const standing = await this.#table.standing(request, since);
      if (standing !== undefined) return { approval: standing, isNew: false };
      const approval: Approval = {
        ...request,
        reason: cleanText(request.reason),
        detail: cleanDetail(request.detail, this.#parts.config.detailKb * 1_024),
        id: randomUUID(),
        state: 'open',
        createdAt: now,
        expiresAt: now + Math.ceil(expireHours * HOUR_MS),
      };
      const outcome = await this.#table.insert(approval, mostOpen);
      if (outcome === 'full') throw full(mostOpen, this.#parts.inForce.file);
      if (outcome === 'there') continue;
      this.#tell(approval);
      return { approval, isNew: true };
    }
  }

  /** Faults: APPROVAL_UNKNOWN, APPROVAL_DECIDED. */
  async decide(id: string, verdict: Verdict): Promise<Approval> {
    await this.expire();
    const done = await this.#table.decide(id, verdict, Date.now());
    const approval = await this.get(id);
    if (!done)
      throw fault('APPROVAL_DECIDED', `approval "${id}" is ${approval.state} already`, {
        kind: 'conflict',
        hint: 'who needs it asks again, and a new approval is opened',
        data: { state: approval.state, decidedBy: approval.decidedBy, decidedAt: approval.decidedAt },
      });
    this.#tell(approval);
    return approval;
  }

  /** Waits until it is open no more; ends with `signal`. Fault APPROVAL_UNKNOWN. */
  decided(id: string, signal: AbortSignal): Promise<Approval> {
    const deciding = this.#decided(id, signal).finally(() => this.#deciding.delete(deciding));
    this.#deciding.add(deciding);
    return deciding;
  }

  /** After the plugin's signal: until nobody reads any more, because the database ends next. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#deciding);
  }

  async #decided(id: string, signal: AbortSignal): Promise<Approval> {
    const end = AbortSignal.any([signal, this.#parts.signal]);
    for (;;) {
      signal.throwIfAborted();
      if (end.aborted)
        throw fault('POLICY_REPLACED', 'the rules are read by another version of the plugin from here on', {
          kind: 'unavailable',
          hint: 'ask that one',
        });
      const changed = this.#change(id, end);
      try {
        const approval = await this.get(id);
        if (approval.state !== 'open') return approval;
        if (approval.expiresAt <= Date.now()) await this.expire();
        else await changed.within(Math.min(this.#parts.config.pollMs, approval.expiresAt - Date.now() + 1));
      } finally {
        changed.forget();
      }
    }
  }

  async expire(): Promise<void> {
    for (const approval of await this.#table.expire(Date.now())) this.#tell(approval);
  }

  forget(before: number): Promise<void> {
    return this.#table.forget(before);
  }

  /** Marks what nobody waits for as expired, too. The undo stops it. */
  watch(everyMs: number): Undo {
    const timer = setInterval(() => {
      this.expire().catch((error: unknown) =>
        this.#parts.log.warn('expired approvals could not be marked', { reason: reason(error) }),
      );
    }, everyMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Registered before the row is read, so that a decision in between is not missed. */
  #change(id: string, end: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listeners = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, listeners.add(resolve));
    end.addEventListener('abort', resolve as () => void);
    let timer: NodeJS.Timeout | undefined;
    return {
      within: (ms: number): Promise<void> => {
        timer = setTimeout(resolve, ms);
        return promise;
      },
      forget: (): void => {
        clearTimeout(timer);
        end.removeEventListener('abort', resolve as () => void);
        listeners.delete(resolve);
        if (listeners.size === 0 && this.#waiting.get(id) === listeners) this.#waiting.delete(id);
      },
    };
  }

  #tell(approval: Approval): void {
    for (const look of this.#waiting.get(approval.id) ?? []) look();
    this.#parts.events.publish(APPROVAL_CHANGED, approval);
  }
}

const full = (most: number, file: string): Error =>
  fault('APPROVALS_FULL', `rule "approvals.mostOpen": ${most} approvals are open`, {
    kind: 'rate_limited',
    hint: `decide some of them (GET /api/v1/approvals), or raise approvals.mostOpen in ${file}`,
    data: { rule: 'approvals.mostOpen' },
  });
