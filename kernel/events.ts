import { reason } from './errors.ts';
import type { Log } from './log.ts';

/**
 * Typed events inside the process. `publish` returns at once; subscribers of one topic are called in the order in
 * which they subscribed, each event after the one before it. A subscriber that throws, or whose promise is slow or
 * rejects, delays and harms nobody: the failure is logged with the topic and the subscriber's plugin.
 */
declare const payloadType: unique symbol;
export interface Topic<T> {
  readonly name: string;
  readonly [payloadType]?: T;
}
/** Topics are named `noun.past`, e.g. `job.finished`. */
export const topic = <T>(name: string): Topic<T> => ({ name });

export interface Events {
  publish<T>(to: Topic<T>, payload: T): void;
  /** The undo unsubscribes. A plugin's subscriptions end with it in any case. */
  subscribe<T>(to: Topic<T>, listener: (payload: T) => void | Promise<void>): () => void;
}

interface Subscription {
  readonly owner: Subscriber;
  readonly listener: (payload: never) => void | Promise<void>;
}

/** One generation of a plugin. Of two that overlap in a swap, only the one that serves hears events. */
export interface Subscriber {
  listening: boolean;
  readonly log: Log;
}

export class EventBus {
  /** Topics are compared by name, so that a reloaded copy of an `api.ts` means the same topic. */
  readonly #topics = new Map<string, { subscriptions: readonly Subscription[]; queue: unknown[]; busy: boolean }>();

  /** The bus as one subscriber sees it; `end` drops its subscriptions. */
  view(owner: Subscriber): Events & { end(): void } {
    const mine = new Set<() => void>();
    return {
      publish: (to, payload) => this.publish(to, payload),
      subscribe: (to, listener) => {
        const subscription = { owner, listener };
        const entry = this.#entry(to.name);
        entry.subscriptions = [...entry.subscriptions, subscription];
        const undo = (): void => {
          entry.subscriptions = entry.subscriptions.filter((each) => each !== subscription);
          mine.delete(undo);
        };
        mine.add(undo);
        return undo;
      },
      end: () => {
        for (const undo of [...mine]) undo();
      },
    };
  }

  publish<T>(to: Topic<T>, payload: T): void {
    const entry = this.#topics.get(to.name);
    if (entry === undefined || entry.subscriptions.length === 0) return;
    entry.queue.push(payload);
    // An event that a subscriber publishes waits until everybody has seen the one before it.
    if (entry.busy) return;
    entry.busy = true;
    for (let next = entry.queue.shift(); entry.busy; next = entry.queue.shift()) {
      for (const subscription of entry.subscriptions) deliver(to.name, subscription, next);
      entry.busy = entry.queue.length > 0;
    }
  }

  #entry(name: string) {
    let entry = this.#topics.get(name);
    if (entry === undefined) {
      entry = { subscriptions: [], queue: [], busy: false };
      this.#topics.set(name, entry);
    }
    return entry;
  }
}

function deliver(name: string, { owner, listener }: Subscription, payload: unknown): void {
  if (!owner.listening) return;
  const failed = (error: unknown): void =>
    owner.log.error('A subscriber failed.', { topic: name, reason: reason(error) });
  try {
    const result = listener(payload as never);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}
