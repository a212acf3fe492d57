import { definePlugin, KERNEL } from '#kernel';
import { AUTH } from '#plugins/auth/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { HTTP_SERVER } from './api.ts';
import { httpConfig } from './config.ts';
import { Http } from './http.ts';
import type { Registrations } from './registrations.ts';

export default definePlugin({
  name: 'http',
  summary: 'Owns the port: routes, raw handlers and WebSockets that come and go while it serves, and what checks them.',
  config: httpConfig,
  requires: { kernel: KERNEL },
  optional: { auth: AUTH, telemetry: TELEMETRY },
  provides: { server: HTTP_SERVER },
  resources: ({ host, port }) => (port === 0 ? [] : [`tcp:${host}:${port}`]),
  stateVersion: 1,
  create: ({ kernel, auth, telemetry, config, log }) => {
    const server = new Http({ kernel, auth, telemetry, config, log });
    return {
      server,
      start: () => server.start(),
      stop: () => server.stop(),
      health: () => ({ ok: true, detail: server.load }),
      // Routes belong to plugins that go on running: they move to the next version as they are.
      exportState: () => server.state,
      importState: (state: unknown) => {
        server.state = state as Registrations;
      },
    };
  },
});
