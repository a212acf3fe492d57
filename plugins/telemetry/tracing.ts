import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  isSpanContextValid,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { isFault, reason } from '#kernel';
import type { Labels, Span } from './api.ts';
import type { OtlpConfig } from './config.ts';

/** Told for each export; `error` where the collector did not take it. */
export type Exported = (spans: number, error: string | undefined) => void;

/** Imported only where a collector is configured: with the packages above, it is the dear part of this plugin. */
export class Tracing {
  readonly #tracer: Tracer;
  readonly #provider: TracerProvider;
  readonly #current = new AsyncLocalStorage<Context>();

  constructor(config: OtlpConfig, exported: Exported) {
    const { url, headers, serviceName, sampleRatio, queueSpans, delayMs, timeoutMs } = config;
    const exporter = new OTLPTraceExporter({ url: tracesUrl(url), headers, timeoutMillis: timeoutMs });
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName })),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: reporting(exporter, exported),
          maxQueueSize: queueSpans,
          scheduledDelayMillis: delayMs,
          exportTimeoutMillis: timeoutMs,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('datapresso');
  }

  async span<T>(name: string, attributes: Labels, work: (span: Span) => Promise<T>, parent?: string): Promise<T> {
    const within = remote(parent) ?? this.#current.getStore() ?? ROOT_CONTEXT;
    // What comes from outside is a request that we serve.
    const kind = trace.getSpan(within)?.spanContext().isRemote ? SpanKind.SERVER : SpanKind.INTERNAL;
    const span = this.#tracer.startSpan(name, { attributes, kind }, within);
    try {
      return await this.#current.run(trace.setSpan(within, span), () => work(new OpenSpan(span)));
    } catch (error) {
      // Messages of other errors may hold anything, such as what a user sent.
      const message = isFault(error) ? error.message : undefined;
      span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
      span.setAttribute('error.type', isFault(error) ? error.code : error instanceof Error ? error.name : typeof error);
      throw error;
    } finally {
      span.end();
    }
  }

  /** Sends what waits. That it could not be sent was told when it was tried. */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }
}

class OpenSpan implements Span {
  readonly #span: OtelSpan;
  constructor(span: OtelSpan) {
    this.#span = span;
  }
  set(name: string, value: string | number | boolean): void {
    this.#span.setAttribute(name, value);
  }
  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: a version that is not known may have more fields. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function remote(traceparent: string | undefined): Context | undefined {
  const found = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (found === null || (found[1] === '00' && found[5] !== undefined)) return undefined;
  const context = {
    traceId: found[2]!,
    spanId: found[3]!,
    traceFlags: Number.parseInt(found[4]!, 16) & 1,
    isRemote: true,
  };
  return isSpanContextValid(context) ? trace.setSpanContext(ROOT_CONTEXT, context) : undefined;
}

/** The processor would tell nobody that the collector refuses. */
const reporting = (exporter: SpanExporter, exported: Exported): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      // 0 is success: https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-exporter
      exported(spans.length, result.code === 0 ? undefined : reason(result.error ?? 'refused'));
      done(result);
    }),
  shutdown: () => exporter.shutdown(),
  forceFlush: async () => exporter.forceFlush?.(),
});

function tracesUrl(text: string): string {
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}
