import { networkInterfaces } from 'node:os';
import { fault } from '#kernel';

/** Accepted Host headers are remembered as sent, so that the usual request costs one lookup. */
const REMEMBERED = 64;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;
const ORIGIN = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.endsWith('.localhost') || /^127(?:\.\d{1,3}){3}$/.test(host);

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

export interface HostRules {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly publicUrl?: string | undefined;
}

/**
 * Against DNS rebinding: a web page may make a browser send requests here under the page's own name, so only names
 * that we know are answered, and only web origins that we know may call.
 */
export class HostCheck {
  readonly #names = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #origins: ReadonlySet<string>;
  readonly #seen = new Set<string>();

  constructor(rules: HostRules) {
    this.#names.add(rules.host.toLowerCase());
    if (isWildcard(rules.host))
      for (const addresses of Object.values(networkInterfaces()))
        for (const { address } of addresses ?? []) this.#names.add(address.toLowerCase());
    if (rules.publicUrl !== undefined) this.#names.add(bare(new URL(rules.publicUrl).host));
    for (const allowed of rules.allowedHosts) {
      const name = bare(allowed.toLowerCase());
      if (name.startsWith('*.')) this.#suffixes.push(name.slice(1));
      else this.#names.add(name);
    }
    this.#origins = new Set(rules.allowedOrigins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  }

  /** Fault HTTP_HOST_REFUSED. */
  checkHost(header: string | undefined): void {
    if (header !== undefined && this.#seen.has(header)) return;
    const name = header === undefined ? undefined : HOST.exec(header.toLowerCase())?.[1];
    if (header === undefined || name === undefined)
      throw fault('HTTP_HOST_INVALID', 'the Host header is missing or malformed', { kind: 'invalid' });
    if (!this.#knows(bare(name)))
      throw fault('HTTP_HOST_REFUSED', `this server does not answer to the host name "${name.slice(0, 100)}"`, {
        kind: 'forbidden',
        hint: 'use the address that it listens on, or add the name to allowedHosts of http',
      });
    if (this.#seen.size < REMEMBERED) this.#seen.add(header);
  }

  /** Fault HTTP_ORIGIN_REFUSED. `own` is the origin under which the client reached us. */
  checkOrigin(header: string, own: string): void {
    const origin = header.toLowerCase();
    if (this.#origins.has(origin) || origin === own.toLowerCase()) return;
    const name = ORIGIN.exec(origin)?.[1];
    if (name !== undefined && isLoopback(bare(name))) return;
    throw fault('HTTP_ORIGIN_REFUSED', `web pages of "${header.slice(0, 100)}" may not call this server`, {
      kind: 'forbidden',
      hint: 'add the origin to allowedOrigins of http',
    });
  }

  #knows(name: string): boolean {
    return isLoopback(name) || this.#names.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix));
  }
}

/** A host without port, brackets and the dot of a fully qualified name. */
function bare(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  const name = /^[^:]*:\d+$/.test(host) ? host.slice(0, host.lastIndexOf(':')) : host;
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
