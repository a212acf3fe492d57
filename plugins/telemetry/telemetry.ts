import type { KernelView, Log, Undo } from '#kernel';
import type { Counter, Gauge, Histogram, Labels, Span, Telemetry } from './api.ts';
import type { TelemetryConfig } from './config.ts';
import { expose } from './exposition.ts';
import type { Metric } from './instruments.ts';
import { countReload, kernelMetrics } from './kernel-metrics.ts';
import { Metrics } from './metrics.ts';
import { GC_BUCKETS, ProcessMetrics } from './process-metrics.ts';
import type { Tracing } from './tracing.ts';

const NO_SPAN: Span = { set: () => {}, traceparent: undefined };
const REPORT_MS = 60_000;

/** The service. Metrics can be made before `start`; they need nothing but memory. */
export class Observation implements Telemetry {
  readonly #config: TelemetryConfig;
  readonly #kernel: KernelView;
  readonly #log: Log;
  readonly #process = new ProcessMetrics();
  #metrics: Metrics;
  #tracing: Tracing | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(config: TelemetryConfig, kernel: KernelView, log: Log) {
    this.#config = config;
    this.#kernel = kernel;
    this.#log = log;
    this.#metrics = new Metrics(config.maxSeries, (name) => this.#full(name));
  }

  get tracing(): boolean {
    return this.#tracing !== undefined;
  }

  async start(defer: (undo: Undo) => void): Promise<void> {
    const { defaultMetrics, otlp } = this.#config;
    if (defaultMetrics) defer(this.#process.start(() => this.#collections()));
    if (otlp.url === '') return;
    const { Tracing: Open } = await import('./tracing.ts');
    const tracing = new Open(otlp, (spans, error) => this.#exported(spans, error));
    this.#tracing = tracing;
    defer(async () => {
      this.#tracing = undefined;
      await tracing.close();
    });
  }

  /** Consumers hold the metrics themselves, so the next version goes on with the very same ones. */
  get state(): Metrics {
    return this.#metrics;
  }
  set state(metrics: Metrics) {
    metrics.maxSeries = this.#config.maxSeries;
    metrics.onFull = (name) => this.#full(name);
    this.#metrics = metrics;
  }

  counter(name: string, help: string, labelNames?: readonly string[]): Counter {
    return this.#metrics.counter(name, help, labelNames);
  }
  gauge(name: string, help: string, labelNames?: readonly string[], read?: () => number): Gauge {
    return this.#metrics.gauge(name, help, labelNames, read);
  }
  histogram(name: string, help: string, labelNames?: readonly string[], buckets?: readonly number[]): Histogram {
    return this.#metrics.histogram(name, help, labelNames, buckets);
  }

  span<T>(name: string, attributes: Labels, work: (span: Span) => Promise<T>, parent?: string): Promise<T> {
    return this.#tracing === undefined ? work(NO_SPAN) : this.#tracing.span(name, attributes, work, parent);
  }

  reloaded(plugin: string, result: 'swapped' | 'kept'): void {
    countReload(this.#metrics, plugin, result);
  }

  /** What alert rules are about. Reading it takes nothing from who reads the exposition. */
  watched(): readonly Metric[] {
    const ofProcess = this.#config.defaultMetrics ? this.#process.watch() : [];
    return [...ofProcess, ...kernelMetrics(this.#kernel), ...this.#metrics.all()];
  }

  metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    const ofProcess = this.#config.defaultMetrics ? this.#process.read() : [];
    return expose([...ofProcess, ...kernelMetrics(this.#kernel), ...this.#metrics.all()]);
  }

  #collections(): Histogram {
    return this.#metrics.histogram('nodejs_gc_duration_seconds', 'Garbage collections.', ['kind'], GC_BUCKETS);
  }

  #full(metric: string): void {
    this.#log.warn('A metric has too many label values; further ones are counted as "other".', {
      metric,
      maxSeries: this.#config.maxSeries,
    });
  }

  #exported(spans: number, error: string | undefined): void {
    this.#metrics
      .counter('datapresso_spans_exported_total', 'Spans that the collector took, or did not.', ['result'])
      .add(spans, error === undefined ? 'ok' : 'lost');
    const now = performance.now();
    if (error === undefined || now - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = now;
    this.#log.warn('The collector does not take the traces.', { lost: spans, reason: error });
  }
}
