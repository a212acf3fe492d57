import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** An entry of a tarball: text, or a symbolic link, which npm never packs and a hostile publisher may. */
export type PackedFile = string | { readonly link: string };

export interface TestPackage {
  readonly name: string;
  readonly version: string;
  /** Paths below the package's folder. A path is written as it is, also `../../evil`. */
  readonly files: Readonly<Record<string, PackedFile>>;
  /** More of package.json, such as bin, engines, dependencies, scripts. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/**
 * Stands in for the npm registry on loopback: the two endpoints that `npm install` asks, package documents and
 * tarballs, with packages that the test makes.
 */
export class NpmRegistry {
  readonly #server: Server;
  readonly #documents = new Map<string, Record<string, unknown>>();
  readonly #tarballs = new Map<string, Buffer>();
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];
  /** Milliseconds until a tarball is sent. */
  delayMs = 0;
  /** Authorization headers, as npm sent them. */
  readonly tokens = new Set<string>();
  /** Answers everything with this status where it is set. */
  status: number | undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '/').replace(/\?.*$/, '');
      this.requests.push(path);
      if (request.headers.authorization !== undefined) this.tokens.add(request.headers.authorization);
      const tarball = this.#tarballs.get(path);
      const document = this.#documents.get(path.slice(1));
      if (this.status !== undefined) response.writeHead(this.status).end('{}');
      else if (tarball !== undefined) setTimeout(() => response.end(tarball), this.delayMs);
      else if (document !== undefined)
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
      else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    });
  }

  static async start(): Promise<NpmRegistry> {
    const registry = new NpmRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Returns the integrity, as a source of candidates would know it. */
  publish({ name, version, files, manifest = {} }: TestPackage): string {
    const own = { name, version, ...manifest };
    const tarball = gzipSync(tar({ 'package.json': JSON.stringify(own), ...files }));
    const path = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const dist = { tarball: new URL(path, this.url).href, integrity };
    const before = this.#documents.get(name) as { versions?: object; time?: object } | undefined;
    this.#tarballs.set(path, tarball);
    this.#documents.set(name, {
      name,
      'dist-tags': { latest: version },
      versions: { ...before?.versions, [version]: { ...own, dist } },
      time: { ...before?.time, [version]: new Date(0).toISOString() },
    });
    return integrity;
  }

  /** Other bytes under the same address and announced integrity: what a broken mirror does. */
  tamper(name: string, version: string): void {
    const path = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
    this.#tarballs.set(path, gzipSync(tar({ 'package.json': '{}' })));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const BLOCK = 512;

/** A tar file as npm packs it: everything below `package/`. */
function tar(files: Readonly<Record<string, PackedFile>>): Buffer {
  const parts: Buffer[] = [];
  for (const [path, content] of Object.entries(files)) {
    const body = Buffer.from(typeof content === 'string' ? content : '');
    const header = Buffer.alloc(BLOCK);
    header.write(`package/${path}`, 0, 100);
    header.write('0000755\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(typeof content === 'string' ? '0' : '2', 156);
    if (typeof content !== 'string') header.write(content.link, 157, 100);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    parts.push(header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}
