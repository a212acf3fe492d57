import type { AlertRule } from './alert-rules.ts';
import type { Metric } from './instruments.ts';

interface Sums {
  readonly matching: number;
  readonly all: number;
}

/** One rule over time: whether it is wrong now, for how long, and whether that was told. */
export class AlertWatch {
  readonly #rule: AlertRule;
  #before: Sums | undefined;
  #wrongSince: number | undefined;
  #firing = false;
  value = 0;

  constructor(rule: AlertRule) {
    this.#rule = rule;
  }

  /** What there is to tell after this look at the metrics; `now` in ms. */
  look(metrics: readonly Metric[], now: number): 'firing' | 'resolved' | undefined {
    const value = this.#measure(metrics);
    const { comparison, threshold, forMs } = this.#rule;
    // What is not measured is not wrong: nobody calls, or its plugin is not there.
    const wrong = value !== undefined && (comparison === 'above' ? value > threshold : value < threshold);
    this.value = value ?? 0;
    if (!wrong) {
      this.#wrongSince = undefined;
      if (!this.#firing) return undefined;
      this.#firing = false;
      return 'resolved';
    }
    this.#wrongSince ??= now;
    if (this.#firing || now - this.#wrongSince < forMs) return undefined;
    this.#firing = true;
    return 'firing';
  }

  #measure(metrics: readonly Metric[]): number | undefined {
    const { metric: name, share } = this.#rule;
    const metric = metrics.find((one) => name === one.name || name.startsWith(`${one.name}_`));
    const sums = metric && this.#sums(metric);
    if (metric === undefined || sums === undefined) return undefined;
    const before = this.#before;
    this.#before = sums;
    if (metric.type !== 'gauge' && before === undefined) return undefined;
    const since = metric.type === 'gauge' || before === undefined ? { matching: 0, all: 0 } : before;
    const matching = sums.matching - since.matching;
    const all = sums.all - since.all;
    if (!share) return matching;
    return all > 0 ? matching / all : undefined;
  }

  #sums(metric: Metric): Sums | undefined {
    const wanted = Object.entries(this.#rule.labels);
    let matching = 0;
    let all = 0;
    let lines = 0;
    for (const { name, labels, value } of metric.samples()) {
      if (name !== this.#rule.metric) continue;
      lines++;
      all += value;
      if (wanted.every(([label, values]) => values.includes(String(labels[label])))) matching += value;
    }
    return lines === 0 ? undefined : { matching, all };
  }
}
