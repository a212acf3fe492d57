import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NpmRegistry } from '../support/npm-registry.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const SERVER = readFileSync(resolve(import.meta.dirname, '../fixtures/packaged-server/server.cjs'), 'utf8');

export interface Offered {
  readonly name: string;
  readonly description: string;
  readonly capability: string;
}

/** A loopback stand-in for the npm registry, and a catalog folder that describes what it has. */
export class Shop {
  readonly npm: NpmRegistry;

  private constructor(npm: NpmRegistry) {
    this.npm = npm;
  }

  static async open(): Promise<Shop> {
    return new Shop(await NpmRegistry.start());
  }

  /** One version of a server with one tool; a later version of the same name is the newer one. */
  publish(
    name: string,
    version: string,
    tool: { readonly description?: string; readonly broken?: boolean } = {},
  ): void {
    const told = { name: `${name}_tool`, description: `Does ${name}.`, answer: `${name} done`, version, ...tool };
    this.npm.publish({
      name,
      version,
      files: { 'server.cjs': SERVER, 'tool.json': JSON.stringify(told) },
      manifest: { bin: 'server.cjs' },
    });
  }

  catalog(folder: string, offered: readonly Offered[]): void {
    mkdirSync(folder, { recursive: true });
    const servers = offered.map(({ name, description, capability }) => {
      return { name, description, capabilities: [capability], npm: { package: name } };
    });
    // JSON is YAML.
    writeFileSync(join(folder, 'offered.yaml'), JSON.stringify({ servers }));
  }

  close(): Promise<void> {
    return this.npm.close();
  }
}

/** What `pipelines/server.yaml` is given so that it finds and installs from this shop alone. */
export const shopping = (shop: Shop, catalog: string) => ({
  'mcp-search': {
    catalog,
    shipped: false,
    registry: { url: '' },
    github: { url: '' },
    npm: { url: shop.npm.url, search: false },
  },
  'process-runner': { registry: shop.npm.url, minFreeMb: 0 },
});

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what arrives is what the tests look at
  readonly body: any;
}

/** Asks a server's REST API. */
export async function rest(
  server: { readonly url: string },
  path: string,
  body?: object,
  method?: string,
): Promise<Answer> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

export const startShopping = (
  shop: Shop,
  catalog: string,
  options: Parameters<typeof startServer>[0] = {},
): Promise<ServerProcess> => startServer({ ...options, plugins: { ...shopping(shop, catalog), ...options.plugins } });
