import type { ClientWire } from './api.ts';
import type { Exchange } from './exchange.ts';
import type { ModernRequests } from './modern.ts';
import type { Mount } from './mount.ts';
import type { Reply } from './reply.ts';
import type { Session } from './session.ts';
import {
  asMessage,
  errorText,
  type Id,
  INVALID_REQUEST,
  isModernVersion,
  isObject,
  isRequest,
  META_VERSION,
  MODERN_VERSIONS,
  PARSE_ERROR,
  type Params,
  type RpcMessage,
  type RpcRequest,
  UNSUPPORTED_VERSION,
} from './wire.ts';

/** A client on one long-lived wire (stdio). Its messages are modern or legacy one by one, as each says itself. */
export class OwnWire implements ClientWire {
  readonly #session: Session;
  readonly #mount: Mount;
  readonly #modern: ModernRequests;
  readonly #send: (text: string) => void;
  readonly #end: () => void;
  readonly #inFlight = new Map<Id, Exchange>();

  constructor(session: Session, mount: Mount, modern: ModernRequests, send: (text: string) => void, end: () => void) {
    this.#session = session;
    this.#mount = mount;
    this.#modern = modern;
    this.#send = send;
    this.#end = end;
    session.listen(() => ({ write: send, end: () => undefined, closed: false }));
  }

  receive(text: string): void {
    let message: RpcMessage | undefined;
    try {
      message = asMessage(JSON.parse(text));
    } catch {
      return this.#send(errorText(null, { code: PARSE_ERROR, message: 'Parse error: not valid JSON' }));
    }
    if (message === undefined)
      return this.#send(errorText(null, { code: INVALID_REQUEST, message: 'Invalid request: not a JSON-RPC message' }));
    const meta = 'method' in message && isObject(message.params?._meta) ? message.params._meta : undefined;
    const version = meta?.[META_VERSION];
    if (isRequest(message) && meta !== undefined && typeof version === 'string' && isModernVersion(version))
      return this.#serveModern(message, meta, version);
    if ('method' in message && message.method === 'notifications/cancelled')
      this.#inFlight.get(message.params?.requestId as Id)?.cancel();
    this.#session.receive(message, { push: this.#send, end: this.#send });
  }

  #serveModern(request: RpcRequest, meta: Params, version: string): void {
    if (!MODERN_VERSIONS.includes(version)) {
      const data = { supported: MODERN_VERSIONS, requested: version };
      const error = { code: UNSUPPORTED_VERSION, message: `protocol version ${version} is not supported`, data };
      return this.#send(errorText(request.id, error));
    }
    const end = (text: string) => {
      this.#inFlight.delete(request.id);
      this.#send(text);
    };
    const reply: Reply = { push: this.#send, end };
    const exchange = this.#modern.serve(request, meta, this.#mount, this.#session.caller, reply);
    if (exchange !== undefined && !exchange.answered) this.#inFlight.set(request.id, exchange);
  }

  close(): void {
    for (const exchange of this.#inFlight.values()) exchange.cancel();
    this.#end();
  }
}
