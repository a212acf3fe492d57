import type { IncomingHttpHeaders } from 'node:http';
import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  isModernVersion,
  isObject,
  isRequest,
  META_CAPABILITIES,
  META_VERSION,
  MODERN_VERSIONS,
  type Params,
  type RpcMessage,
  UNSUPPORTED_VERSION,
} from './wire.ts';

/** Which era a posted message belongs to, or why it cannot be served (2026-07-28, streamable HTTP, "Request headers"). */
export type Classification =
  | { readonly era: 'legacy' }
  | { readonly era: 'modern'; readonly version: string; readonly meta: Params }
  | { readonly era: 'refused'; readonly code: number; readonly message: string; readonly data?: unknown };

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
};

const refused = (code: number, message: string, data?: unknown): Classification => ({
  era: 'refused',
  code,
  message: `Bad Request: ${message}`,
  ...(data !== undefined && { data }),
});
const mismatch = (message: string) => refused(HEADER_MISMATCH, message);

/** The body decides; the headers must agree with it. A message is modern when its `_meta` names a protocol version. */
export function classify(message: RpcMessage, headers: IncomingHttpHeaders): Classification {
  if (!('method' in message)) return { era: 'legacy' };
  const headerVersion = header(headers, 'mcp-protocol-version');
  const headerModern = headerVersion !== undefined && isModernVersion(headerVersion);
  const meta = isObject(message.params?._meta) ? message.params._meta : undefined;
  const claim = meta?.[META_VERSION];

  if (!isRequest(message)) {
    const version = typeof claim === 'string' ? claim : headerVersion;
    if (version === undefined || !isModernVersion(version)) return { era: 'legacy' };
    if (typeof claim === 'string' && headerVersion !== undefined && claim !== headerVersion)
      return mismatch(
        `the body names protocol version ${claim} but the MCP-Protocol-Version header names ${headerVersion}`,
      );
    return { era: 'modern', version, meta: meta ?? {} };
  }
  if (meta === undefined || claim === undefined) {
    if (!headerModern) return { era: 'legacy' };
    if (message.method === 'initialize')
      return mismatch(
        'initialize belongs to revisions before 2026-07-28, but the MCP-Protocol-Version header names a later one',
      );
    return refused(
      INVALID_PARAMS,
      `the MCP-Protocol-Version header names ${headerVersion}, but params._meta lacks ${META_VERSION}`,
      { envelope: { missing: meta === undefined ? ['_meta'] : [META_VERSION] } },
    );
  }
  if (typeof claim !== 'string') return refused(INVALID_PARAMS, `params._meta["${META_VERSION}"] must be a string`);
  if (!isModernVersion(claim) && message.method === 'initialize') return { era: 'legacy' };
  if (!isObject(meta[META_CAPABILITIES]))
    return refused(INVALID_PARAMS, `params._meta["${META_CAPABILITIES}"] must be an object`, {
      envelope: {
        key: META_CAPABILITIES,
        problem: meta[META_CAPABILITIES] === undefined ? 'missing' : 'not an object',
      },
    });
  if (headerVersion !== undefined && headerVersion !== claim)
    return mismatch(
      `the body names protocol version ${claim} but the MCP-Protocol-Version header names ${headerVersion}`,
    );
  if (!MODERN_VERSIONS.includes(claim))
    return refused(UNSUPPORTED_VERSION, `protocol version ${claim} is not supported`, {
      supported: MODERN_VERSIONS,
      requested: claim,
    });
  return standardHeaders(message.method, message.params, headers) ?? { era: 'modern', version: claim, meta };
}

/** Which member of `params` the Mcp-Name header repeats, by method. */
const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

function standardHeaders(
  method: string,
  params: Params | undefined,
  headers: IncomingHttpHeaders,
): Classification | undefined {
  if (header(headers, 'mcp-protocol-version') === undefined)
    return mismatch('the required MCP-Protocol-Version header is missing');
  const named = header(headers, 'mcp-method');
  if (named === undefined) return mismatch('the required Mcp-Method header is missing');
  if (named !== method) return mismatch(`the body names method ${method} but the Mcp-Method header names ${named}`);
  const member = NAMED[method];
  const value = member === undefined ? undefined : params?.[member];
  if (typeof value !== 'string') return undefined;
  const raw = header(headers, 'mcp-name');
  if (raw === undefined)
    return mismatch(`the body carries params.${member} but the required Mcp-Name header is missing`);
  const name = decodeHeader(raw);
  if (name === undefined) return mismatch('the Mcp-Name header carries an invalid Base64 value');
  return name === value
    ? undefined
    : mismatch(`the body carries params.${member}="${value}" but the Mcp-Name header names "${name}"`);
}

const SENTINEL = /^=\?base64\?(.*)\?=$/s;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A header value that cannot be sent as it is comes as `=?base64?...?=`; undefined where that is malformed. */
export function decodeHeader(value: string): string | undefined {
  const packed = SENTINEL.exec(value)?.[1];
  if (packed === undefined) return value;
  if (!BASE64.test(packed)) return undefined;
  try {
    return UTF8.decode(Buffer.from(packed, 'base64'));
  } catch {
    return undefined;
  }
}
