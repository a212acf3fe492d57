import type { Events, Health, Log, Undo } from '#kernel';
import type { Auth } from '#plugins/auth/api';
import type { CallLog } from '#plugins/call-log/api';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { McpConfig } from '#plugins/mcp-config/api';
import { APPROVAL_CHANGED } from '#plugins/policy/api';
import { INSTALL_PROGRESS } from '#plugins/provisioner/api';
import { TASK_EVENT } from '#plugins/tasks/api';
import type { Telemetry } from '#plugins/telemetry/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import { Available } from './available.ts';
import { ClientRequests } from './client-requests.ts';
import type { ToolApiConfig } from './config.ts';
import { approvalEvent, type Event, progressEvent, taskEvent, toolEvent } from './event.ts';
import { EventLog, type EventLogState } from './event-log.ts';
import { EventSocket } from './event-socket.ts';
import { Executor } from './execute.ts';
import { KeyedCalls, type RunningCalls } from './keyed-calls.ts';
import { Registration } from './registration.ts';
import { addRoutes } from './routes.ts';
import { SocketServers } from './socket-servers.ts';

export interface ToolApiParts {
  readonly config: ToolApiConfig;
  readonly log: Log;
  readonly events: Events;
  readonly defer: (undo: Undo) => void;
  readonly owner: Owner;
  readonly http: HttpServer;
  readonly registry: ToolRegistry;
  readonly dispatcher: ToolDispatcher;
  readonly auth: Auth | undefined;
  readonly telemetry: Telemetry | undefined;
  readonly mcpConfig: McpConfig | undefined;
  readonly calls: CallLog | undefined;
}

const EVENTS = '/api/v1/events/tools';
const LOOPBACK = /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/;

/** It stays in this process, so calls that run can be part of it. */
interface ToolApiState {
  readonly events: EventLogState;
  readonly calls: RunningCalls;
}

export function createToolApi(parts: ToolApiParts) {
  const { config, log, registry, dispatcher, http, auth, defer, owner } = parts;
  const events = new EventLog(config.events.replay);
  const available = new Available(registry);
  const executor = new Executor(registry, dispatcher, config.maxCallMs);
  const keyed = new KeyedCalls({ registry, executor, calls: parts.calls });
  let isHandedOver = false;
  const servers = new SocketServers({ registry, dispatcher, auth }, config.events.maxServers);
  const requests = new ClientRequests({
    log,
    registry,
    executor,
    available,
    servers,
    events,
    maxCalls: config.events.maxCalls,
  });
  const socket = new EventSocket({
    config: config.events,
    registry,
    requests,
    servers,
    events,
    watchAccess: (...about) => http.watchAccess(...about),
  });
  const programsAllowed = (): boolean =>
    config.allowCommands === 'loopback' ? LOOPBACK.test(http.address.host) : config.allowCommands;
  const registration = new Registration({
    registry,
    mcpConfig: parts.mcpConfig,
    auth,
    programsAllowed,
    privateAddresses: config.privateAddresses,
  });
  const sockets = () => ({ sockets: socket.size, registered_servers: servers.size, seq: events.seq });
  return {
    async start(): Promise<void> {
      await socket.start();
      const tell = (event: Event): void => socket.announce(events.add(event));
      defer(registry.onChange((change) => tell(toolEvent(change, registry))));
      defer(parts.events.subscribe(INSTALL_PROGRESS, (progress) => tell(progressEvent(progress, registry))));
      defer(parts.events.subscribe(APPROVAL_CHANGED, (approval) => tell(approvalEvent(approval, registry))));
      defer(parts.events.subscribe(TASK_EVENT, (event) => tell(taskEvent(event, registry))));
      parts.telemetry?.gauge('datapresso_event_sockets', 'Open event sockets.', [], () => socket.size);
      for (const undo of addRoutes({ ...parts, available, executor, keyed, registration, sockets })) defer(undo);
      const options = {
        scope: 'tools:read',
        owner,
        summary: 'Changes of the tools, as they happen.',
        tag: 'tools',
      } as const;
      defer(
        http.upgrade(EVENTS, options, (request, opened, head, principal) =>
          socket.take(request, opened, head, principal),
        ),
      );
    },
    async stop(): Promise<void> {
      // After a swap they go on, and the next version knows them.
      if (!isHandedOver) await keyed.stop();
      await socket.stop();
    },
    health: (): Health => ({ ok: true, detail: sockets() }),
    exportState(): ToolApiState {
      isHandedOver = true;
      return { events: events.state, calls: keyed.running };
    },
    importState(state: unknown): void {
      const from = state as ToolApiState;
      events.state = from.events;
      keyed.adopt(from.calls);
    },
  };
}
