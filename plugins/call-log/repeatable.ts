import type { Fault, FaultKind } from '#kernel';
import type { Snapshot, Tool } from '#plugins/tool-registry/api';

/** MCP's hints; a server that says nothing promises nothing. */
export const isRepeatable = ({ definition: { annotations } }: Tool): boolean =>
  annotations?.idempotentHint === true || annotations?.readOnlyHint === true;

const OF_THE_WAY: ReadonlySet<FaultKind> = new Set(['unavailable', 'timeout', 'rate_limited', 'cancelled']);

const UNSENT: ReadonlySet<string> = new Set(['POOL_FULL', 'POOL_SHARE_FULL']);

/** After this fault the call may be made again: it was not sent, or doing it twice is no harm. */
export function isHarmless({ code, kind }: Fault, tool: Tool, { servers }: Snapshot): boolean {
  if (UNSENT.has(code)) return true;
  if (OF_THE_WAY.has(kind) && isRepeatable(tool)) return true;
  // A server behind HTTP may have worked on what a proxy then called unavailable.
  const launches = servers.get(tool.server)?.spec.launches ?? [];
  return code === 'SERVER_UNAVAILABLE' && launches.every((launch) => launch.kind !== 'http' && launch.kind !== 'sse');
}
