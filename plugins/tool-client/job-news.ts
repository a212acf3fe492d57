import type { CapabilityJob } from './api.ts';

export interface JobChange {
  readonly id: string;
  readonly state: CapabilityJob['state'];
}
type Listener = (change: JobChange) => void;

/** Tells who listens of changed jobs; the next version of the plugin takes the listeners over. */
export class JobNews {
  #listeners = new Set<Listener>();
  #isHandedOver = false;

  on(listener: Listener): () => void {
    const listeners = this.#listeners;
    const own: Listener = (change) => listener(change);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  tell(change: JobChange): void {
    if (this.#isHandedOver) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch {
        // A listener's own failure is no reason to keep the news from the others.
      }
    }
  }

  handOver(): Set<Listener> {
    this.#isHandedOver = true;
    return this.#listeners;
  }
  adopt(listeners: Set<Listener>): void {
    for (const listener of this.#listeners) listeners.add(listener);
    this.#listeners = listeners;
  }
}
export type JobNewsState = ReturnType<JobNews['handOver']>;
