import { type Fault, isFault } from '#kernel';
import type { RpcError } from '#plugins/tool-dispatch/api';
import { INTERNAL_ERROR, INVALID_PARAMS, SERVER_ERROR } from './wire.ts';

type WireError = RpcError['rpc'];

/** An error that leaves as the JSON-RPC error it carries. */
export function rpcError(code: number, message: string, data?: unknown): RpcError {
  const error = new Error(message) as Error & { rpc: WireError };
  error.name = 'RpcError';
  error.rpc = data === undefined ? { code, message } : { code, message, data };
  return error as RpcError;
}

export const isRpcError = (error: unknown): error is RpcError => error instanceof Error && error.name === 'RpcError';

/**
 * What the client is told. A server's own JSON-RPC error passes unchanged; our faults keep their code, hint and
 * alternatives in `data`; anything else is a defect of ours and says nothing about itself.
 */
export function wireError(error: unknown): WireError {
  if (isRpcError(error)) return error.rpc;
  if (!isFault(error)) return { code: INTERNAL_ERROR, message: 'Internal error' };
  const passed = error.data.rpc;
  if (error.code === 'SERVER_FAILED' && typeof passed === 'object' && passed !== null) return passed as WireError;
  return { code: codeOf(error), message: faultSentence(error), data: faultData(error) };
}

const codeOf = (error: Fault): number => {
  if (error.kind === 'invalid' || error.kind === 'not_found' || error.kind === 'conflict') return INVALID_PARAMS;
  return error.kind === 'internal' ? INTERNAL_ERROR : SERVER_ERROR;
};

/** The message with what would have been right, for a reader who sees nothing else. */
export function faultSentence(error: Fault): string {
  const parts = [error.message];
  if (error.alternatives.length > 0) parts.push(`Nearest: ${error.alternatives.join(', ')}`);
  if (error.hint !== undefined) parts.push(error.hint);
  return parts.map(sentence).join(' ');
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

const faultData = (error: Fault) => ({
  ...error.data,
  code: error.code,
  ...(error.alternatives.length > 0 && { alternatives: error.alternatives }),
  ...(error.hint !== undefined && { hint: error.hint }),
});

/** Wrong arguments are the model's to mend: the result of a call, not an error of the protocol (2025-11-25, tools). */
export const argumentsProblem = (error: unknown): string | undefined =>
  isFault(error) && error.code === 'ARGUMENTS_INVALID'
    ? JSON.stringify({ content: [{ type: 'text', text: faultSentence(error) }], isError: true })
    : undefined;
