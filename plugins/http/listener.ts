import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fault, reason } from '#kernel';
import type { HttpConfig } from './config.ts';
import { HttpRequest, HttpResponse } from './exchange.ts';
import { createServer as createHttpServer } from './node-http.ts';

type Options = ServerOptions<typeof HttpRequest, typeof HttpResponse> & {
  /** Node 24.9 and newer: other upgrades than ours (HTTP/2) are ordinary requests. */
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
};

/** The bare server, not listening yet. Fault HTTP_TLS_FILES. */
export async function createListener(config: HttpConfig): Promise<Server> {
  const options: Options = {
    IncomingMessage: HttpRequest,
    ServerResponse: HttpResponse as never,
    requestTimeout: config.requestTimeoutMs,
    headersTimeout: Math.min(config.headersTimeoutMs, config.requestTimeoutMs),
    keepAliveTimeout: config.keepAliveMs,
    connectionsCheckingInterval: Math.min(30_000, Math.max(100, config.headersTimeoutMs / 4)),
    maxHeaderSize: config.maxHeaderBytes,
    noDelay: true,
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  };
  const server = config.tls === undefined ? createHttpServer(options) : await createTlsServer(options, config.tls);
  server.maxConnections = config.maxConnections;
  return server as unknown as Server;
}

async function createTlsServer(options: Options, files: NonNullable<HttpConfig['tls']>) {
  const { createServer } = await import('node:https');
  try {
    const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)]);
    return createServer({ ...options, cert, key });
  } catch (error) {
    throw fault('HTTP_TLS_FILES', `the TLS files cannot be used: ${reason(error)}`, {
      kind: 'invalid',
      hint: 'set tls.certFile and tls.keyFile of http to readable PEM files that belong together',
      cause: error,
    });
  }
}

/** Faults: HTTP_PORT_TAKEN, HTTP_PORT_FORBIDDEN, HTTP_HOST_INVALID. */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenFault(error, host, port));
    server.once('error', failed);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.removeListener('error', failed);
      resolve(server.address() as AddressInfo);
    });
  });
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number) {
  switch (error.code) {
    case 'EADDRINUSE':
      return fault('HTTP_PORT_TAKEN', `port ${port} on ${host} is already in use`, {
        kind: 'conflict',
        hint: `stop the program that uses it, or choose another: PORT=${port === 65_535 ? port - 1 : port + 1}, or "port" of http in the pipeline`,
        cause: error,
      });
    case 'EACCES':
      return fault('HTTP_PORT_FORBIDDEN', `this user may not listen on port ${port}`, {
        kind: 'forbidden',
        hint: 'choose a port from 1024 on: PORT=8090, or "port" of http in the pipeline',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fault('HTTP_HOST_INVALID', `this machine has no address "${host}" to listen on`, {
        kind: 'invalid',
        hint: 'choose another: HOST=127.0.0.1, or "host" of http in the pipeline',
        cause: error,
      });
    default:
      return error;
  }
}
