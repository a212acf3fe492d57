import { type Token, type Topic, token, topic } from '#kernel';

export type Labels = Readonly<Record<string, string>>;
/** Metric names are `datapresso_<thing>_<unit>`, label names snake_case; both are fixed when the metric is made. */
export interface Telemetry {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[], read?: () => number): Gauge;
  /** Buckets in seconds unless `buckets` says otherwise. */
  histogram(name: string, help: string, labelNames?: readonly string[], buckets?: readonly number[]): Histogram;
  /** Whether traces are exported; where not, skip the work of making spans. */
  readonly tracing: boolean;
  /** Runs `work` in a span; the span ends with it and carries its error. `parent` is a W3C traceparent. */
  span<T>(name: string, attributes: Labels, work: (span: Span) => Promise<T>, parent?: string): Promise<T>;
  /** The Prometheus text exposition and its content type. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
/** Each takes the label values in the order of `labelNames`. */
export interface Counter {
  add(amount: number, ...labelValues: string[]): void;
}
export interface Gauge {
  set(value: number, ...labelValues: string[]): void;
}
export interface Histogram {
  observe(value: number, ...labelValues: string[]): void;
}
export interface Span {
  set(name: string, value: string | number | boolean): void;
  /** W3C traceparent of this span, to hand on. */
  readonly traceparent: string | undefined;
}

export const TELEMETRY: Token<Telemetry> = token<Telemetry>('telemetry');

/** A rule of the configuration that began or ceased to be broken. Published by rules with the action `event`. */
export interface Alert {
  /** Name of the rule. */
  readonly name: string;
  readonly state: 'firing' | 'resolved';
  readonly metric: string;
  readonly value: number;
  readonly comparison: 'above' | 'below';
  readonly threshold: number;
  /** ms since 1970. */
  readonly at: number;
}
export const ALERT_CHANGED: Topic<Alert> = topic<Alert>('alert.changed');
