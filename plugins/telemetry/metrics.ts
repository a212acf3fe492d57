import { fault } from '#kernel';
import type { Counter, Gauge, Histogram } from './api.ts';
import {
  CounterMetric,
  Distribution,
  GaugeMetric,
  HistogramMetric,
  type Instrument,
  type Value,
} from './instruments.ts';
import { Series } from './series.ts';

/** Seconds, from a call inside the process to one that installs something. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LABEL_NAME = /^(?!__|le$)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** All metrics by name. Who asks again gets the same metric, so counts go on when a plugin is swapped. */
export class Metrics {
  readonly #known = new Map<string, Instrument>();
  readonly #full = new Set<string>();
  maxSeries: number;
  /** Told once for each metric that has too many combinations of label values. */
  onFull: (name: string) => void;

  constructor(maxSeries: number, onFull: (name: string) => void) {
    this.maxSeries = maxSeries;
    this.onFull = onFull;
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    const make = () => new CounterMetric(name, help, this.#values(name, labelNames));
    return this.#get(name, 'counter', labelNames, make);
  }

  gauge(name: string, help: string, labelNames: readonly string[] = [], read?: () => number): Gauge {
    if (read !== undefined && labelNames.length > 0)
      throw fault('TELEMETRY_LABELS', `${name} has labels, and a gauge that is read has one value`, {
        kind: 'invalid',
        hint: 'leave out labelNames, or set its values',
      });
    const make = () => new GaugeMetric(name, help, this.#values(name, labelNames));
    const gauge = this.#get(name, 'gauge', labelNames, make) as GaugeMetric;
    if (read !== undefined) gauge.read = read;
    return gauge;
  }

  histogram(name: string, help: string, labelNames: readonly string[] = [], buckets?: readonly number[]): Histogram {
    const bounds = buckets ?? BUCKETS;
    if (
      bounds.some((bound, index) => !Number.isFinite(bound) || bound <= (bounds[index - 1] ?? Number.NEGATIVE_INFINITY))
    )
      throw fault('TELEMETRY_BUCKETS', `the buckets of ${name} do not grow: ${bounds.join(', ')}`, { kind: 'invalid' });
    const make = () => {
      const series = this.#series(name, labelNames, () => new Distribution(bounds.length));
      return new HistogramMetric(name, help, series, [...bounds]);
    };
    const histogram = this.#get(name, 'histogram', labelNames, make) as HistogramMetric;
    if (buckets !== undefined && buckets.join() !== histogram.buckets.join())
      throw conflict(name, `buckets ${histogram.buckets.join(', ')}`, `buckets ${buckets.join(', ')}`);
    return histogram;
  }

  all(): Instrument[] {
    return [...this.#known.values()];
  }

  #values(name: string, labelNames: readonly string[]): Series<Value> {
    return this.#series(name, labelNames, () => ({ value: 0 }));
  }

  #series<Cell extends object>(name: string, labelNames: readonly string[], create: () => Cell): Series<Cell> {
    return new Series([...labelNames], create, (count) => {
      if (count < this.maxSeries) return true;
      if (!this.#full.has(name)) {
        this.#full.add(name);
        this.onFull(name);
      }
      return false;
    });
  }

  #get<M extends Instrument>(name: string, type: M['type'], labelNames: readonly string[], make: () => M): M {
    const known = this.#known.get(name);
    if (known !== undefined) {
      if (known.type !== type) throw conflict(name, `a ${known.type}`, `a ${type}`);
      if (known.labelNames.join() !== labelNames.join())
        throw conflict(name, `labels (${known.labelNames.join(', ')})`, `labels (${labelNames.join(', ')})`);
      return known as M;
    }
    const wrong = METRIC_NAME.test(name) ? labelNames.find((label) => !LABEL_NAME.test(label)) : name;
    if (wrong !== undefined)
      throw fault('TELEMETRY_NAME', `${JSON.stringify(wrong)} is no name for a metric or label`, {
        kind: 'invalid',
        hint: 'letters, digits and _, not beginning with a digit; `le` and what begins with `__` are taken',
      });
    const metric = make();
    this.#known.set(name, metric);
    return metric;
  }
}

const conflict = (name: string, has: string, wanted: string) =>
  fault('TELEMETRY_CONFLICT', `${name} has ${has}, and was asked for with ${wanted}`, {
    kind: 'conflict',
    hint: 'use the same everywhere, or another name; a metric lives until the process ends',
  });
