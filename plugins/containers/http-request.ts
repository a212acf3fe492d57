import type * as Http from 'node:http';

/** An import statement of node:http names every export, and two of those load 13 MiB: Node's fetch client and HTTP/2. */
export const { request }: typeof Http = process.getBuiltinModule('node:http');
