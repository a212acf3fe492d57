import { fault } from '#kernel';
import type { Counter, Gauge, Histogram } from './api.ts';
import type { Series } from './series.ts';

/** One line of the exposition. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** What the exposition asks of a metric, whatever its type. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  samples(): Sample[];
}

/** A metric as it is at this moment. */
export const reading = (type: Metric['type'], name: string, help: string, samples: Sample[]): Metric => ({
  type,
  name,
  help,
  samples: () => samples,
});

const one =
  (type: 'counter' | 'gauge') =>
  (name: string, help: string, value: number, labels: Sample['labels'] = {}): Metric =>
    reading(type, name, help, [{ name, labels, value }]);
export const counter = one('counter');
export const gauge = one('gauge');

/** A metric that is kept and counts on. */
export interface Instrument extends Metric {
  readonly labelNames: readonly string[];
}

/** The one number of a counter or gauge, for one set of label values. */
export interface Value {
  value: number;
}

abstract class Single implements Instrument {
  abstract readonly type: Metric['type'];
  readonly name: string;
  readonly help: string;
  protected readonly series: Series<Value>;

  constructor(name: string, help: string, series: Series<Value>) {
    this.name = name;
    this.help = help;
    this.series = series;
  }

  get labelNames(): readonly string[] {
    return this.series.labelNames;
  }

  samples(): Sample[] {
    return [...this.series].map(([labels, { value }]) => ({ name: this.name, labels, value }));
  }
}

export class CounterMetric extends Single implements Counter {
  readonly type = 'counter';

  add(amount: number, ...labelValues: string[]): void {
    if (!(amount >= 0 && amount < Number.POSITIVE_INFINITY)) throw unfit(this.name, amount, 'a counter only grows');
    this.series.at(labelValues).value += amount;
  }
}

export class GaugeMetric extends Single implements Gauge {
  readonly type = 'gauge';
  /** Where it is given, the value is read when somebody looks. The last who asked for the gauge is right. */
  read: (() => number) | undefined;

  set(value: number, ...labelValues: string[]): void {
    if (typeof value !== 'number') throw unfit(this.name, value, 'give a number');
    this.series.at(labelValues).value = value;
  }

  override samples(): Sample[] {
    if (this.read !== undefined)
      try {
        this.set(this.read());
      } catch {
        // Its owner is gone or broken: no value is better than an old one, and all other metrics are still good.
        return [];
      }
    return super.samples();
  }
}

export class Distribution {
  /** Observations in each bucket, the last one without a bound. Not yet added up. */
  readonly counts: Float64Array;
  sum = 0;
  constructor(bounds: number) {
    this.counts = new Float64Array(bounds + 1);
  }
}

export class HistogramMetric implements Instrument, Histogram {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly buckets: readonly number[];
  readonly #series: Series<Distribution>;

  constructor(name: string, help: string, series: Series<Distribution>, buckets: readonly number[]) {
    this.name = name;
    this.help = help;
    this.buckets = buckets;
    this.#series = series;
  }

  get labelNames(): readonly string[] {
    return this.#series.labelNames;
  }

  observe(value: number, ...labelValues: string[]): void {
    if (!Number.isFinite(value)) throw unfit(this.name, value, 'give a finite number');
    const cell = this.#series.at(labelValues);
    const { buckets } = this;
    let bucket = 0;
    while (bucket < buckets.length && value > buckets[bucket]!) bucket += 1;
    cell.counts[bucket]! += 1;
    cell.sum += value;
  }

  samples(): Sample[] {
    return [...this.#series].flatMap(([labels, { counts, sum }]) => {
      let total = 0;
      const lines: Sample[] = Array.from(counts, (count, index) => {
        total += count;
        return { name: `${this.name}_bucket`, labels: { ...labels, le: this.buckets[index] ?? '+Inf' }, value: total };
      });
      lines.push(
        { name: `${this.name}_sum`, labels, value: sum },
        { name: `${this.name}_count`, labels, value: total },
      );
      return lines;
    });
  }
}

const unfit = (name: string, value: unknown, hint: string) =>
  fault('TELEMETRY_VALUE', `${name} cannot take ${String(value)}`, { kind: 'invalid', hint });
