import { definePlugin, KERNEL, PLUGIN_KEPT, PLUGIN_SWAPPED } from '#kernel';
import { Alerts } from './alerts.ts';
import { TELEMETRY } from './api.ts';
import { CONFIG } from './config.ts';
import type { Metrics } from './metrics.ts';
import { Observation } from './telemetry.ts';

export default definePlugin({
  name: 'telemetry',
  summary: 'Counts and measures for Prometheus, exports OpenTelemetry traces, and alerts where a measure is wrong.',
  config: CONFIG,
  requires: { kernel: KERNEL },
  provides: { telemetry: TELEMETRY },
  stateVersion: 1,
  create: ({ kernel, config, log, events, signal, defer }) => {
    const telemetry = new Observation(config, kernel, log);
    return {
      telemetry,
      start: async () => {
        events.subscribe(PLUGIN_SWAPPED, ({ id }) => telemetry.reloaded(id, 'swapped'));
        events.subscribe(PLUGIN_KEPT, ({ id }) => telemetry.reloaded(id, 'kept'));
        await telemetry.start(defer);
        const metrics = () => telemetry.watched();
        defer(new Alerts(config.alerts, { log, events, signal, metrics }).start());
      },
      exportState: () => telemetry.state,
      importState: (state: unknown) => {
        telemetry.state = state as Metrics;
      },
    };
  },
});
