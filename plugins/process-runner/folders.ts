import { createHash } from 'node:crypto';
import path from 'node:path';
import { fault } from '#kernel';
import type { Distribution } from '#plugins/mcp-search/api';

export type NpmDistribution = Extract<Distribution, { kind: 'npm' }>;

const SERVER = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/**
 * Where things are below one folder: `servers/SERVER/VERSION-HASH` (an installation), `data/SERVER` (what the server
 * writes), `logs/SERVER.log`, `staging/SERVER-PID.START-RANDOM` (an installation being made), `npm-cache`.
 */
export class Folders {
  readonly root: string;

  constructor(dir: string) {
    this.root = path.resolve(dir);
  }

  get servers(): string {
    return path.join(this.root, 'servers');
  }
  get staging(): string {
    return path.join(this.root, 'staging');
  }
  get allData(): string {
    return path.join(this.root, 'data');
  }
  get logs(): string {
    return path.join(this.root, 'logs');
  }
  get cache(): string {
    return path.join(this.root, 'npm-cache');
  }
  server(server: string): string {
    return path.join(this.servers, checked(server));
  }
  installation(server: string, { package: name, version, integrity }: NpmDistribution): string {
    const hash = createHash('sha256')
      .update(`${name}@${version} ${integrity ?? ''}`)
      .digest('hex')
      .slice(0, 12);
    return path.join(this.server(server), `${version.replace(/[^\w.+-]/g, '_')}-${hash}`);
  }
  data(server: string): string {
    return path.join(this.allData, checked(server));
  }
  log(server: string): string {
    return path.join(this.logs, `${checked(server)}.log`);
  }
}

function checked(server: string): string {
  if (!SERVER.test(server))
    throw fault('SERVER_ID_INVALID', `"${server.slice(0, 100)}" is no id of a server`, {
      kind: 'invalid',
      hint: 'use lower case, digits and dashes',
    });
  return server;
}
