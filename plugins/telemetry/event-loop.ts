import { createHistogram } from 'node:perf_hooks';
import type { Undo } from '#kernel';
import { gauge, type Metric } from './instruments.ts';

const PERIOD_MS = 20;

/**
 * How late the event loop comes to its timers. Measured by a timer of our own: Node's `monitorEventLoopDelay` counts its
 * period as delay, and holds its handle until the garbage collector comes, with each swap another one.
 */
export class EventLoopDelay {
  readonly #nanoseconds = createHistogram();
  /** The same for the alerts: each reader begins anew with each look. */
  readonly #watched = createHistogram();

  start(): Undo {
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const late = Math.max(1, Math.round((now - before - PERIOD_MS) * 1e6));
      this.#nanoseconds.record(late);
      this.#watched.record(late);
      before = now;
    }, PERIOD_MS).unref();
    return () => clearInterval(timer);
  }

  /** For the alerts, of the time since their last call. */
  watch(): Metric {
    const late = this.#watched.count === 0 ? 0 : this.#watched.percentile(99) / 1e9;
    this.#watched.reset();
    return gauge('nodejs_eventloop_lag_p99_seconds', 'Since the last look.', late);
  }

  /** Of the time since the last call. */
  read(): Metric[] {
    const delay = this.#nanoseconds;
    const seconds = (nanoseconds: number) => (delay.count === 0 ? 0 : nanoseconds / 1e9);
    const since = 'of the event loop since these metrics were read last.';
    const found = [
      gauge('nodejs_eventloop_lag_mean_seconds', `Mean delay ${since}`, seconds(delay.mean)),
      gauge('nodejs_eventloop_lag_max_seconds', `Longest delay ${since}`, seconds(delay.max)),
      gauge('nodejs_eventloop_lag_p50_seconds', `Median delay ${since}`, seconds(delay.percentile(50))),
      gauge('nodejs_eventloop_lag_p90_seconds', `90th percentile of the delay ${since}`, seconds(delay.percentile(90))),
      gauge('nodejs_eventloop_lag_p99_seconds', `99th percentile of the delay ${since}`, seconds(delay.percentile(99))),
    ];
    delay.reset();
    return found;
  }
}
