import type { RealServer } from './real-server.ts';
import { BROWSER_SERVERS } from './servers/browsers.ts';
import { FILE_SERVERS } from './servers/files.ts';
import { REFERENCE_SERVERS } from './servers/reference.ts';

/** MCP servers by others that run with no network, and calls whose results a gateway must not change. */
export const SERVERS: readonly RealServer[] = [...REFERENCE_SERVERS, ...FILE_SERVERS, ...BROWSER_SERVERS];
