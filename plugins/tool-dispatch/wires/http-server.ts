import type { Launch } from '#plugins/tool-registry/api';
import { masker } from '../masking.ts';
import type { Credentials } from './credentials.ts';
import { HttpClient } from './http-client.ts';

export type HttpLaunch = Extract<Launch, { kind: 'http' | 'sse' | 'ws' }>;

/** A server at an address, as both of its HTTP transports need it. */
export class HttpServer {
  readonly id: string;
  readonly client: HttpClient;
  /** Takes the secrets of the launch out of a text. */
  readonly mask: (text: string) => string;
  readonly #connectMs: number;

  constructor(
    id: string,
    launch: HttpLaunch,
    connectMs: number,
    maxBytes: number,
    credentials: Credentials | undefined,
  ) {
    this.id = id;
    this.#connectMs = connectMs;
    this.mask = masker(launch);
    this.client = new HttpClient(launch.url, launch.headers, credentials, maxBytes);
  }

  open(): Promise<void> {
    return this.client.open(this.#connectMs);
  }
}
