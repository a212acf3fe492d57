import { definePlugin } from '#kernel';
import { AUTH } from '#plugins/auth/api';
import { STORAGE } from '#plugins/storage/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_DISPATCHER } from './api.ts';
import { configSchema } from './config.ts';
import { Dispatcher } from './dispatcher.ts';
import { auditCalls, countCalls } from './measures.ts';
import { Orphans } from './orphans.ts';
import { StartGate } from './start-gate.ts';
import { transportFor } from './wires/transport-for.ts';

export default definePlugin({
  name: 'tool-dispatch',
  summary:
    'Calls a tool wherever it lives, keeps the connections to servers alive, and relays whole MCP conversations.',
  config: configSchema,
  requires: { registry: TOOL_REGISTRY },
  optional: { storage: STORAGE, telemetry: TELEMETRY, auth: AUTH },
  provides: { dispatcher: TOOL_DISPATCHER },
  create: ({ registry, telemetry, auth, config, log, defer }) => {
    const orphans = new Orphans(config.dir);
    const gate = new StartGate(config.startConcurrency);
    const transport = transportFor({ config, log, orphans });
    const dispatcher = new Dispatcher({ config, log, registry, gate, transport });
    return {
      dispatcher,
      start: () => {
        orphans.sweep(log);
        if (telemetry !== undefined) defer(dispatcher.onCall(countCalls(telemetry, dispatcher)));
        if (auth !== undefined) defer(dispatcher.onCall(auditCalls(auth)));
        dispatcher.start();
      },
      stop: () => dispatcher.stop(),
      health: () => dispatcher.health(),
    };
  },
});
