import { type Fault, fault } from '#kernel';
import type { RpcError } from './api.ts';

/** A JSON-RPC error as the wire has it. */
export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

class WireError extends Error implements RpcError {
  override readonly name = 'RpcError';
  readonly rpc: RpcFailure;
  constructor(rpc: RpcFailure) {
    super(rpc.message);
    this.rpc = rpc;
  }
}
export const rpcError = (rpc: RpcFailure): RpcError => new WireError(rpc);
export const isRpcError = (error: unknown): error is RpcError => error instanceof Error && error.name === 'RpcError';

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`);

export const timedOut = (server: string, method: string, ms: number): Fault =>
  fault('SERVER_TIMEOUT', `server "${server}" did not answer ${method} within ${seconds(ms)}`, {
    kind: 'timeout',
    hint: 'try again, or raise timeouts.callMs of this server',
    data: { server },
  });

export const cancelled = (server: string, method: string): Fault =>
  fault('CALL_CANCELLED', `${method} on server "${server}" was cancelled by its caller`, {
    kind: 'cancelled',
    data: { server },
  });

/** `unsent`: the request never left us, so it is safe to send it elsewhere. */
export const lost = (server: string, why: string, unsent = false): Fault =>
  fault('SERVER_LOST', `server "${server}" was lost while it worked on this call: ${why}`, {
    kind: 'unavailable',
    hint: 'the call may or may not have taken effect; the server is being started again',
    data: { server, unsent },
  });

export const unavailable = (server: string, why: string, hint?: string): Fault =>
  fault('SERVER_UNAVAILABLE', `server "${server}" is not available: ${why}`, {
    kind: 'unavailable',
    ...(hint !== undefined && { hint }),
    data: { server },
  });

/** Its credentials are what is wrong with a server, not its protocol. */
export const unauthorized = (server: string, why: string): Fault =>
  fault('SERVER_UNAVAILABLE', `server "${server}" is not available: ${why}`, {
    kind: 'unavailable',
    hint: 'check the headers or credentials of this server',
    data: { server, unauthorized: true },
  });

export const tooLarge = (server: string, bytes: number, maxBytes: number): Fault =>
  fault('RESULT_TOO_LARGE', `server "${server}" answered with ${bytes} bytes; at most ${maxBytes} are taken`, {
    kind: 'too_large',
    hint: 'ask the tool for less, or raise maxResultBytes of tool-dispatch',
    data: { server, bytes, maxBytes },
  });

export const failed = (server: string, rpc: RpcFailure): Fault =>
  fault('SERVER_FAILED', `server "${server}" answered error ${rpc.code}: ${rpc.message}`, { data: { server, rpc } });
