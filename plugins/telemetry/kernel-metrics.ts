import type { KernelView, PluginStatus } from '#kernel';
import { gauge, type Metric, reading } from './instruments.ts';
import type { Metrics } from './metrics.ts';

/** What the kernel tells once; all else is in its status. */
export const countReload = (metrics: Metrics, plugin: string, result: 'swapped' | 'kept'): void =>
  metrics
    .counter('datapresso_plugin_reloads_total', 'Reloads of plugins; kept: the old version goes on.', [
      'plugin',
      'result',
    ])
    .add(1, plugin, result);

/** Read afresh each time, so a plugin that was taken out leaves no value behind. */
export function kernelMetrics(kernel: KernelView): Metric[] {
  const { plugins, ready } = kernel.status();
  const perPlugin = (name: string, help: string, value: (plugin: PluginStatus) => number): Metric =>
    reading(
      'gauge',
      name,
      help,
      plugins.map((plugin) => ({ name, labels: { plugin: plugin.id }, value: value(plugin) })),
    );
  return [
    gauge('datapresso_kernel_ready', 'Started, and no plugin waits for anything.', ready ? 1 : 0),
    perPlugin('datapresso_plugin_generation', 'How often the plugin was loaded.', ({ generation }) => generation),
    perPlugin('datapresso_plugin_healthy', 'Whether the plugin is well.', ({ health }) => (health.ok ? 1 : 0)),
  ];
}
