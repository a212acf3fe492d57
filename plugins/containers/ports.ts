import { createServer } from 'node:net';
import { fault } from '#kernel';

/** The first port of the range that no server of ours has and nobody listens on. Fault PORTS_FULL. */
export async function freePort(first: number, last: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = first; port <= last; port++) if (!taken.has(port) && (await isFree(port))) return port;
  throw fault('PORTS_FULL', `all ports from ${first} to ${last} are taken`, {
    kind: 'conflict',
    hint: 'remove a server, or raise containers.lastPort',
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
