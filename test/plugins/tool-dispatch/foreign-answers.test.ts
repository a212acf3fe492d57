import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { open } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const PRIVATE = 'root-credentials-of-the-inner-network';
const BODIES = [PRIVATE, JSON.stringify({ error: { code: 404, message: PRIVATE } })];

for (const kind of ['http', 'sse'] as const)
  for (const status of [200, 403, 404, 500])
    for (const body of BODIES)
      test(`${kind}: no error quotes ${body[0] === '{' ? 'JSON' : 'text'} that some address answers with ${status}`, async () => {
        const server = createServer((_request, response) => void response.writeHead(status).end(body));
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        onTestFinished(() => {
          server.closeAllConnections();
          server.close();
        });
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/meta-data`;
        const { dispatcher, registry, health } = await open();
        const launches = [{ kind, url, headers: {} }];
        registry.register(spec('probe', { launches, timeouts: { connectMs: 3000, callMs: 3000, idleMs: 0 } }));
        await registry.until(() => registry.servers.get('probe')?.health.state === 'failed');
        const failure = await dispatcher.open('probe').catch((error: unknown) => error);
        const told = [registry.healthLog, health(), failure, String(failure)];
        expect(JSON.stringify(told)).toContain(`HTTP ${status}`);
        expect(JSON.stringify(told)).not.toContain(PRIVATE);
      });
