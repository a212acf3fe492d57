import type { Counter, Registry } from 'prom-client';
import type { Metric } from './instruments.ts';

/**
 * The Prometheus text format. Values are counted outside of prom-client, which takes ten times as long for one
 * observation; it is imported when somebody looks at the metrics for the first time.
 */
export async function expose(metrics: readonly Metric[]): Promise<{ contentType: string; text: string }> {
  const { default: client } = await import('prom-client');
  const registry: Registry = new client.Registry();
  // Of two with one name the first counts: one name twice would spoil all others.
  for (const metric of metrics)
    if (registry.getSingleMetric(metric.name) === undefined) registry.registerMetric(asRegistered(metric));
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/** A registry asks a metric for its name and for `get` only. */
const asRegistered = (metric: Metric): Counter => {
  const { name, help, type } = metric;
  const get = async () => ({
    name,
    help,
    type,
    aggregator: 'sum',
    values: metric.samples().map(({ name: metricName, labels, value }) => ({ metricName, labels, value })),
  });
  return { name, help, type, get } as unknown as Counter;
};
