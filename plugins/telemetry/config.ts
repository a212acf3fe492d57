import { z } from 'zod';
import { secret } from '#kernel';
import { ALERTS, isHttpUrl } from './alert-rules.ts';

const OTLP = z.strictObject({
  url: z
    .string()
    .default('')
    .refine((url) => url === '' || isHttpUrl(url), 'must be an http or https URL')
    .describe('Collector that takes traces over OTLP/HTTP; without a path, `/v1/traces` is added. Empty: no traces.'),
  headers: z.record(z.string(), secret()).default({}).describe('Sent with each export, such as a key.'),
  serviceName: z.string().min(1).default('datapresso').describe('`service.name` of the traces.'),
  sampleRatio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("Share of the requests that are traced. A caller's own decision (`traceparent`) goes first."),
  queueSpans: z
    .number()
    .int()
    .min(512)
    .max(1_000_000)
    .default(4_096)
    .describe('Spans that may wait for the collector; more are dropped.'),
  delayMs: z.number().int().min(1).max(600_000).default(5_000).describe('How long spans are gathered for one export.'),
  timeoutMs: z.number().int().min(100).max(600_000).default(3_000).describe('How long the collector may take.'),
});
export type OtlpConfig = z.output<typeof OTLP>;

export const CONFIG = z.strictObject({
  defaultMetrics: z
    .boolean()
    .default(true)
    .describe('Metrics of the process: CPU, memory, event loop, garbage collection, open files.'),
  maxSeries: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(5_000)
    .describe('Combinations of label values that one metric keeps; further ones are counted as `other`.'),
  otlp: OTLP.prefault({}).describe('Export of OpenTelemetry traces.'),
  alerts: ALERTS.prefault({}).describe('When the metrics are wrong, and who is told.'),
});
export type TelemetryConfig = z.output<typeof CONFIG>;
