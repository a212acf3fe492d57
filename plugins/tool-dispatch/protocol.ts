import type { Era, Hello } from './api.ts';

/** Newest first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;
export const MODERN_VERSION = '2026-07-28';

export const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
export const META_CLIENT = 'io.modelcontextprotocol/clientInfo';
export const META_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
export const META_SERVER = 'io.modelcontextprotocol/serverInfo';

export const CLIENT_INFO = { name: 'datapresso', title: 'Datapresso', version: '0.1.0' };
/** All that a caller of ours may be able to answer; a server is told in the single case when nobody can. */
export const CAPABILITIES = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

const OUR_META = {
  [META_VERSION]: MODERN_VERSION,
  [META_CLIENT]: CLIENT_INFO,
  [META_CAPABILITIES]: CAPABILITIES,
};

/** What a legacy server has no use for. */
const MODERN_KEYS = [...Object.keys(OUR_META), 'io.modelcontextprotocol/logLevel'];

type Meta = Readonly<Record<string, unknown>>;

/**
 * `_meta` of one request as JSON text; undefined where it needs none. A modern server sees the client's own info and
 * capabilities where the caller gave them, ours otherwise; a legacy server sees none of these keys.
 */
export function metaText(era: Era, given: Meta | undefined, progressToken: number | undefined): string | undefined {
  if (era === 'legacy' && given === undefined && progressToken === undefined) return undefined;
  const { progressToken: _theirs, ...rest } = given ?? {};
  const meta: Record<string, unknown> = era === 'modern' ? { ...OUR_META, ...rest } : rest;
  if (era === 'modern') meta[META_VERSION] = MODERN_VERSION;
  else for (const key of MODERN_KEYS) delete meta[key];
  if (progressToken !== undefined) meta.progressToken = progressToken;
  if (era === 'legacy' && Object.keys(meta).length === 0) return undefined;
  return JSON.stringify(meta);
}

/** The parameters of a request with its `_meta` replaced, as JSON text. */
export function paramsText(era: Era, params: unknown, progressToken: number | undefined): string | undefined {
  if (params !== undefined && (typeof params !== 'object' || params === null)) return JSON.stringify(params);
  const { _meta, ...rest } = (params ?? {}) as { readonly _meta?: Meta };
  const meta = metaText(era, _meta, progressToken);
  if (params === undefined && meta === undefined) return undefined;
  const text = JSON.stringify(rest);
  if (meta === undefined) return text;
  return text === '{}' ? `{"_meta":${meta}}` : `${text.slice(0, -1)},"_meta":${meta}}`;
}

/** What a message is about, for transports that say it in a header. */
export function subject(params: unknown): string | undefined {
  const { name, uri, taskId } = (typeof params === 'object' && params !== null ? params : {}) as Record<
    string,
    unknown
  >;
  const found = name ?? uri ?? taskId;
  return typeof found === 'string' ? found : undefined;
}

/** An answer to `server/discover` in the form of a handshake's. */
export function discovered(result: unknown): Hello | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { supportedVersions, capabilities, serverInfo, _meta } = result as Record<string, unknown>;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(MODERN_VERSION)) return undefined;
  const info = serverInfo ?? (_meta as Meta | undefined)?.[META_SERVER];
  return {
    ...(result as object),
    protocolVersion: MODERN_VERSION,
    capabilities: (capabilities ?? {}) as Hello['capabilities'],
    ...(info !== undefined && { serverInfo: info as NonNullable<Hello['serverInfo']> }),
  };
}
