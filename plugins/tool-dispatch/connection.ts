import { type Fault, fault, isFault, reason } from '#kernel';
import type { Era, Hello, Peer, RpcNotification } from './api.ts';
import { isRpcError, rpcError } from './faults.ts';
import {
  CAPABILITIES,
  CLIENT_INFO,
  discovered,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  paramsText,
  subject,
} from './protocol.ts';
import { type RpcLimits, RpcPeer } from './rpc.ts';
import type { Transport } from './wires/transport.ts';

export interface Ask {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly peer?: Peer | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Not part of anybody's work: it does not keep the connection busy. */
  readonly background?: boolean;
}

/** One live connection to one server, past its handshake. */
export class Connection {
  readonly rpc: RpcPeer;
  era: Era = 'legacy';
  hello: Hello = { protocolVersion: '', capabilities: {} };
  onNotification: ((notification: RpcNotification) => void) | undefined;
  onClosed: ((why: string) => void) | undefined;
  onTimeout: (() => void) | undefined;

  constructor(server: string, transport: Transport, limits: RpcLimits) {
    this.rpc = new RpcPeer(server, transport, limits, {
      notification: (notification) => this.onNotification?.(notification),
      closed: (why) => this.onClosed?.(why),
      timedOut: () => this.onTimeout?.(),
    });
  }

  get inFlight(): number {
    return this.rpc.inFlight;
  }
  get isClosed(): boolean {
    return this.rpc.closedBecause !== undefined;
  }

  ask(method: string, params: unknown, how: Ask): Promise<{ readonly text: string; readonly result: unknown }> {
    return new Promise((answered, failed) => {
      const id = this.rpc.allot();
      const meta = (params as { readonly _meta?: { readonly progressToken?: unknown } } | undefined)?._meta;
      const token = how.peer?.notify === undefined ? undefined : meta?.progressToken;
      const text = paramsText(this.era, params, token === undefined ? undefined : id);
      const exchange = {
        answered: (raw: string, result: unknown) => answered({ text: raw, result }),
        refused: (error: Parameters<typeof rpcError>[0]) => failed(rpcError(error)),
        failed,
      };
      this.rpc.start(id, method, text, exchange, { ...how, token }, subject(params));
    });
  }

  /** Is anybody there? */
  async probe(timeoutMs: number): Promise<boolean> {
    const before = this.rpc.received;
    try {
      await this.ask(this.era === 'modern' ? 'server/discover' : 'ping', undefined, { timeoutMs });
      return true;
    } catch {
      return this.rpc.received !== before;
    }
  }

  async close(): Promise<void> {
    await this.rpc.transport.close();
    this.rpc.closed('the connection was closed');
  }
}

export interface Handshake {
  /** In the order in which they are tried. */
  readonly eras: readonly Era[];
  readonly connectMs: number;
  /** For an era that is not the last one to try. */
  readonly probeMs: number;
  /** A connection that failed may take a while to go; somebody has to wait for that at the end. */
  readonly closing: (gone: Promise<void>) => void;
}

/** Opens the transport and shakes hands; the transport is closed where that fails. */
export async function connect(
  server: string,
  transport: Transport,
  limits: RpcLimits,
  handshake: Handshake,
  signal: AbortSignal,
): Promise<Connection> {
  // It may have waited for its turn to start, and been stopped meanwhile: nothing must be started then.
  if (signal.aborted) throw explained(new Error('it was stopped'), '');
  const connection = new Connection(server, transport, limits);
  const limit = AbortSignal.timeout(handshake.connectMs);
  const until = AbortSignal.any([signal, limit]);
  const interrupted = new Promise<never>((_, failed) => {
    until.addEventListener(
      'abort',
      () => failed(signal.aborted ? new Error('it was stopped') : slow(handshake.connectMs)),
      { once: true },
    );
    connection.onClosed = (why) => failed(new Error(why));
  });
  interrupted.catch(() => {});
  try {
    await Promise.race([transport.open(connection.rpc, until), interrupted]);
    await Promise.race([greet(connection, handshake, until), interrupted]);
    return connection;
  } catch (error) {
    // The last words tell why; give a dying process the time to say them.
    if (!until.aborted) await new Promise((done) => setTimeout(done, 20));
    const words = transport.lastWords?.() ?? '';
    connection.onClosed = undefined;
    handshake.closing(connection.close());
    throw explained(error, words);
  } finally {
    connection.onClosed = undefined;
  }
}

const slow = (ms: number): Error => new Error(`it did not answer initialize within ${ms} ms`);

async function greet(connection: Connection, handshake: Handshake, signal: AbortSignal): Promise<void> {
  const eras = [...handshake.eras];
  let first: unknown;
  for (const [at, era] of eras.entries()) {
    // Only the question for the modern era is short: some servers never answer it. A slow start is no answer.
    const brief = era === 'modern' && at < eras.length - 1;
    const timeoutMs = brief ? Math.min(handshake.probeMs, handshake.connectMs / 2) : handshake.connectMs;
    try {
      await (era === 'legacy' ? initialize(connection, timeoutMs, signal) : discover(connection, timeoutMs, signal));
      return;
    } catch (error) {
      first ??= error;
      const silent = isFault(error) && error.kind === 'timeout';
      // It may only have been slow: where it refuses the legacy era, it is asked once more.
      if (silent && brief) eras.push('modern');
      const last = at === eras.length - 1;
      if (last || connection.isClosed || signal.aborted || isUnauthorized(error) || (silent && era === 'legacy'))
        throw first;
    }
  }
}

/** Who may not come in under one era may not under the other. */
const isUnauthorized = (error: unknown): boolean => isFault(error) && error.data.unauthorized === true;

async function initialize(connection: Connection, timeoutMs: number, signal: AbortSignal): Promise<void> {
  connection.era = 'legacy';
  connection.rpc.era = 'legacy';
  const params = { protocolVersion: LEGACY_VERSIONS[0], capabilities: CAPABILITIES, clientInfo: CLIENT_INFO };
  const { result } = await connection.ask('initialize', params, { timeoutMs, signal });
  const hello = result as Hello | null;
  const version = hello?.protocolVersion;
  if (hello === null || typeof version !== 'string' || !(LEGACY_VERSIONS as readonly string[]).includes(version))
    throw fault('ERA_UNSUPPORTED', `it answered initialize with protocol version ${JSON.stringify(version)}`, {
      alternatives: LEGACY_VERSIONS,
    });
  connection.hello = { ...hello, capabilities: hello.capabilities ?? {} };
  connection.rpc.transport.agreed?.('legacy', version);
  connection.rpc.notify('notifications/initialized');
  await connection.rpc.transport.listening?.();
}

async function discover(connection: Connection, timeoutMs: number, signal: AbortSignal): Promise<void> {
  connection.era = 'modern';
  connection.rpc.era = 'modern';
  const ask = () => connection.ask('server/discover', {}, { timeoutMs, signal });
  // A server may refuse a version and then name it among those that it speaks: the rule is to ask again with that one.
  const { result } = await ask().catch((error: unknown) => {
    if (namesOurVersion(error)) return ask();
    throw error;
  });
  const hello = discovered(result);
  if (hello === undefined) throw fault('ERA_UNSUPPORTED', 'it does not speak the modern era of the protocol');
  connection.hello = hello;
  connection.rpc.transport.agreed?.('modern', hello.protocolVersion);
}

const UNSUPPORTED_VERSION = -32022;

function namesOurVersion(error: unknown): boolean {
  if (!isRpcError(error) || error.rpc.code !== UNSUPPORTED_VERSION) return false;
  const { supported } = (error.rpc.data ?? {}) as { readonly supported?: unknown };
  return Array.isArray(supported) && supported.includes(MODERN_VERSION);
}

/** Known ways to fail to start, with what to do about them. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /ERR_UNKNOWN_BUILTIN_MODULE|No such built-in module|Unsupported engine|requires Node|SyntaxError: Unexpected (?:identifier|token)/i,
    'the server needs another version of Node: give its path as "command"',
  ],
  [/was not found in PATH|ENOENT|does not exist/, 'check "command", or install it'],
  [/EACCES|permission denied/i, 'the command must be executable'],
  [/Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND/, 'install the server and what it depends on'],
  [
    /did not answer initialize/,
    'the server may wait for a service that is missing, or need longer: raise timeouts.connectMs',
  ],
  [/ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN/, 'check that the server runs and that its url is right'],
  [/\b401\b|\b403\b|unauthori[sz]ed/i, 'check the headers or credentials of this server'],
];

function explained(error: unknown, words: string): Fault {
  const why = isRpcError(error) ? `it refused the handshake: ${error.rpc.message} (${error.rpc.code})` : reason(error);
  const text = words === '' ? why : `${why}; its last words: ${words}`;
  const given = isFault(error) ? error.hint : undefined;
  const hint = given ?? HINTS.find(([pattern]) => pattern.test(text))?.[1];
  const refused = isRpcError(error) || (isFault(error) && error.code === 'ERA_UNSUPPORTED');
  return fault('CONNECT_FAILED', text, { kind: 'unavailable', ...(hint !== undefined && { hint }), data: { refused } });
}
