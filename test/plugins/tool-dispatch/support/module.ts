import { buildServer } from '../../../fixtures/servers/server.ts';
import { echoTools } from '../../../fixtures/servers/tools.ts';

/** An SDK server inside the process of its caller. */
export const createServer = (_options: object) => buildServer(echoTools());
