import { definePlugin } from '#kernel';
import { AUTH } from '#plugins/auth/api';
import { STORAGE } from '#plugins/storage/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_DISPATCHER } from './api.ts';
import { configSchema } from './config.ts';
import { Dispatcher } from './dispatcher.ts';
import { auditCalls, countCalls } from './measures.ts';
import { MachineCredentials } from './oauth.ts';
import { Orphans } from './orphans.ts';
import { StartGate } from './start-gate.ts';
import { Verdicts } from './verdicts.ts';
import { type TransportNeeds, transportFor } from './wires/transport-for.ts';

export default definePlugin({
  name: 'tool-dispatch',
  summary:
    'Calls a tool wherever it lives, keeps the connections to servers alive, and relays whole MCP conversations.',
  config: configSchema,
  requires: { registry: TOOL_REGISTRY },
  optional: { storage: STORAGE, telemetry: TELEMETRY, auth: AUTH },
  // Calls that began in an old version may be long.
  drainMs: 30_000,
  provides: { dispatcher: TOOL_DISPATCHER },
  create: ({ registry, storage, telemetry, auth, config, log, defer }) => {
    const orphans = new Orphans(config.dir);
    const verdicts = new Verdicts(config.eraTtlMs, storage, log);
    const gate = new StartGate(config.startConcurrency);
    const dispatcher: Dispatcher = new Dispatcher({
      config,
      log,
      registry,
      gate,
      verdicts,
      transport: (launch, spec) => transportFor(launch, spec, needs),
    });
    const needs: TransportNeeds = {
      config,
      log,
      orphans,
      attached: (connection) => dispatcher.attachment(connection),
      functions: (server) =>
        (registry.snapshot.servers.get(server)?.tools ?? []).flatMap((tool) => {
          const run = registry.functionOf(tool);
          return run === undefined ? [] : [{ definition: tool.definition, run }];
        }),
      credentials: (server, url) => {
        const machine = config.oauth[server];
        return machine === undefined ? undefined : new MachineCredentials(url, machine);
      },
    };
    return {
      dispatcher,
      start: async () => {
        orphans.sweep(log);
        if (telemetry !== undefined) defer(dispatcher.onCall(countCalls(telemetry, dispatcher)));
        if (auth !== undefined) defer(dispatcher.onCall(auditCalls(auth)));
        await verdicts.load();
        dispatcher.start();
      },
      stop: () => dispatcher.stop(),
      health: () => dispatcher.health(),
    };
  },
});
