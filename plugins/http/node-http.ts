import type * as Http from 'node:http';

/**
 * Node's http, without what an import statement costs: that one names every export, and two of them load Node's fetch
 * client and HTTP/2, 13 MiB that this house does not use.
 */
export const { createServer, IncomingMessage, ServerResponse, STATUS_CODES }: typeof Http =
  process.getBuiltinModule('node:http');
