import type { Telemetry } from '#plugins/telemetry/api';

const RESULTS = ['hits', 'misses', 'joined', 'stale', 'failures'] as const;
type Result = (typeof RESULTS)[number];
export type Counts = { [R in Result]: number };

/** What happened in one space, for its statistics and for the metrics. */
export class Counter {
  readonly counts: Counts = { hits: 0, misses: 0, joined: 0, stale: 0, failures: 0 };
  readonly #metric: ((result: Result) => void) | undefined;

  constructor(space: string, telemetry: Telemetry | undefined) {
    const metric = telemetry?.counter(
      'datapresso_cache_requests_total',
      'Requests to the cache: hits, misses, joined (shared the computation of another), stale, failures (of computing).',
      ['space', 'result'],
    );
    this.#metric = metric && ((result) => metric.add(1, space, result));
  }

  count(result: Result): void {
    this.counts[result] += 1;
    this.#metric?.(result);
  }
}
