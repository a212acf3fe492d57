import type { Fault } from '#kernel';
import type { Era } from '../api.ts';

/** How messages reach one server and come back. Made for one connection, used once. */
export interface Transport {
  /** Resolves when messages can be sent. */
  open(sink: Sink, signal: AbortSignal): Promise<void>;
  send(text: string, about: Outgoing): void;
  /** Closes what belongs to one request alone. True where the server notices that by itself. */
  abandon?(id: number): boolean;
  /** Called once, after the handshake. */
  agreed?(era: Era, protocolVersion: string): void;
  /** Resolves, in bounded time, when what the server says of its own accord can reach us. Asked once, after the handshake. */
  listening?(): Promise<void>;
  close(): Promise<void>;
  /** What the server said beside the protocol, for error messages; secrets are masked. */
  lastWords?(): string;
  /** Messages of other than the protocol's form that were skipped. */
  readonly garbage?: number;
}

/** What a transport may need to know about a message without parsing it. */
export interface Outgoing {
  /** Of a request; absent for notifications and answers. */
  readonly id?: number;
  readonly method?: string;
  readonly era?: Era;
  /** What the message is about: a tool's or prompt's name, a resource's URI. */
  readonly name?: string;
  /** Extra headers where the transport has headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a transport delivers. */
export interface Sink {
  /** `during`: our request on whose own stream the message came. */
  message(text: string, during?: number): void;
  /** An answer was longer than allowed and is gone. */
  oversize(id: number | undefined, bytes: number): void;
  /** One request cannot be answered any more; the connection goes on. */
  undelivered(id: number, error: Fault): void;
  /** Is the answer still awaited? */
  waitsFor(id: number): boolean;
  /** The connection is over. Requests in `unsent` never left us. */
  closed(why: string, unsent?: ReadonlySet<number>): void;
}
