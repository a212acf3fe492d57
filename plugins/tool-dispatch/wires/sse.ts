import { reason } from '#kernel';
import { unavailable } from '../faults.ts';
import type { HttpClient, Running } from './http-client.ts';
import type { HttpServer } from './http-server.ts';
import type { Outgoing, Sink, Transport } from './transport.ts';

/** HTTP+SSE of 2024-11-05: one stream for all that comes, whose first event names the address for all that goes. */
export class SseTransport implements Transport {
  readonly #server: HttpServer;
  readonly #client: HttpClient;
  #sink: Sink | undefined;
  #stream: Running | undefined;
  #path: string | undefined;
  #closed = false;

  constructor(server: HttpServer) {
    this.#server = server;
    this.#client = server.client;
  }

  async open(sink: Sink): Promise<void> {
    this.#sink = sink;
    await this.#server.open();
    await new Promise<void>((ready, failed) => {
      const over = (why: string): void => {
        failed(unavailable(this.#server.id, this.#server.mask(why)));
        if (!this.#closed) sink.closed(this.#server.mask(why));
      };
      this.#stream = this.#client.run(
        { method: 'GET', headers: () => ({ accept: 'text/event-stream' }) },
        {
          event: (event, data) => {
            if (event === 'endpoint') {
              const address = URL.parse(data, this.#client.url.href);
              // Credentials go to this address: it must not lead elsewhere.
              if (address?.origin !== this.#client.url.origin) return over('it named an address on another origin');
              this.#path = address.pathname + address.search;
              ready();
            } else if (event === 'message') sink.message(data);
          },
          streamEnded: () => over('its stream ended'),
          // Never the body: whoever names an address must not read through us what stands there.
          ended: (status) => over(`HTTP ${status}`),
          oversize: (bytes) => sink.oversize(undefined, bytes),
          failed: (error) => over(reason(error)),
        },
      );
    });
  }

  send(text: string, { id }: Outgoing): void {
    if (this.#closed || this.#path === undefined) return;
    const failed = (why: string): void => {
      if (id !== undefined) this.#sink?.undelivered(id, unavailable(this.#server.id, this.#server.mask(why)));
    };
    const request = {
      method: 'POST' as const,
      path: this.#path,
      body: text,
      headers: () => ({ 'content-type': 'application/json' }),
    };
    this.#client.run(request, {
      ended: (status) => {
        if (status >= 300) failed(`HTTP ${status}`);
      },
      event: (event, data) => {
        if (event === 'message') this.#sink?.message(data);
      },
      streamEnded: () => {},
      oversize: () => {},
      failed: (error) => failed(reason(error)),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream?.abort();
    await this.#client.close();
  }
}
