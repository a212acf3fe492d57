import { fault, type Log } from '#kernel';
import type { Launch, ServerSpec } from '#plugins/tool-registry/api';
import type { Config } from '../config.ts';
import type { Orphans } from '../orphans.ts';
import type { Attachment } from './attached.ts';
import type { Credentials } from './credentials.ts';
import type { ServedFunction } from './function-server.ts';
import { StdioTransport } from './stdio.ts';
import type { Transport } from './transport.ts';

export interface TransportNeeds {
  readonly config: Config;
  readonly log: Log;
  readonly orphans: Orphans | undefined;
  /** The socket of a server that connected to us. */
  attached(connection: string): Attachment | undefined;
  /** The functions that a plugin provides under this id. */
  functions(server: string): readonly ServedFunction[];
  credentials(server: string, url: string): Credentials | undefined;
}

/** The way to reach a server, by its launch. All but stdio, which most pipelines have, are loaded when they are used. */
export async function transportFor(launch: Launch, spec: ServerSpec, needs: TransportNeeds): Promise<Transport> {
  const { config, log, orphans } = needs;
  const { maxResultBytes, maxQueueBytes } = config;
  const { connectMs } = spec.timeouts;
  switch (launch.kind) {
    case 'stdio':
      return new StdioTransport(launch, config, orphans, (text) =>
        log.debug('stderr of a server', { server: spec.id, text }),
      );
    case 'http':
    case 'sse': {
      const { HttpServer } = await import('./http-server.ts');
      const credentials = needs.credentials(spec.id, launch.url);
      const server = new HttpServer(spec.id, launch, connectMs, maxResultBytes, credentials);
      if (launch.kind === 'sse') return new (await import('./sse.ts')).SseTransport(server);
      return new (await import('./http.ts')).HttpTransport(server);
    }
    case 'ws': {
      const { WebSocketTransport } = await import('./websocket.ts');
      return new WebSocketTransport(spec.id, launch, maxResultBytes);
    }
    case 'unix': {
      const { UnixTransport } = await import('./unix.ts');
      return new UnixTransport(spec.id, launch.path, maxResultBytes, maxQueueBytes);
    }
    case 'module': {
      const { InProcessTransport } = await import('./in-process.ts');
      return new InProcessTransport(spec.id, launch);
    }
    case 'attached': {
      const attachment = needs.attached(launch.connection);
      if (attachment === undefined || attachment.gone.signal.aborted)
        throw fault('LAUNCH_IMPOSSIBLE', 'its socket is not connected', {
          kind: 'unavailable',
          hint: 'the server has to connect again',
        });
      const { AttachedTransport } = await import('./attached.ts');
      return new AttachedTransport(attachment);
    }
    case 'functions': {
      const { FunctionServerTransport } = await import('./function-server.ts');
      return new FunctionServerTransport(spec.id, () => needs.functions(spec.id));
    }
  }
}
