import type { Event } from './event.ts';

/** `seq` grows by one; `subscribe` with `since` replays what came after it. */
export type LoggedEvent = Event & { readonly seq: number };

export interface EventLogState {
  readonly seq: number;
  readonly events: readonly LoggedEvent[];
}

/** The last events, for clients that were away. */
export class EventLog {
  readonly #most: number;
  #events: LoggedEvent[] = [];
  /** Begins at the time, so that a number from before a restart is never taken for one of now. */
  #seq = Date.now();

  constructor(most: number) {
    this.#most = most;
  }

  get seq(): number {
    return this.#seq;
  }
  get state(): EventLogState {
    return { seq: this.#seq, events: this.#events };
  }
  set state({ seq, events }: EventLogState) {
    this.#seq = seq;
    this.#events = events.slice(Math.max(0, events.length - this.#most));
  }

  add(told: Event): LoggedEvent {
    const event = { ...told, seq: ++this.#seq };
    this.#events.push(event);
    // In blocks, so that a full log costs no copy for each event.
    if (this.#events.length > this.#most * 2) this.#events = this.#events.slice(this.#events.length - this.#most);
    return event;
  }

  /** What came after `since`; undefined where some of it is forgotten, or `since` is not ours. */
  after(since: number): readonly LoggedEvent[] | undefined {
    if (since > this.#seq) return undefined;
    const missed = this.#seq - since;
    if (missed === 0) return [];
    if (missed > Math.min(this.#events.length, this.#most)) return undefined;
    return this.#events.slice(this.#events.length - missed);
  }
}
