/** A protected resource by its URL: what tokens may name as their audience, and where its metadata is. */
export interface Resource {
  /** The URL itself, and those above it up to the origin, each with and without a slash at the end (RFC 8707, RFC 9728). */
  readonly audiences: ReadonlySet<string>;
  readonly metadataUrl: string;
}

const KNOWN_LIMIT = 1_000;

export class Resources {
  readonly #known = new Map<string, Resource>();

  get(url: string): Resource {
    let resource = this.#known.get(url);
    if (resource === undefined) {
      resource = read(url);
      if (this.#known.size >= KNOWN_LIMIT) this.#known.clear();
      this.#known.set(url, resource);
    }
    return resource;
  }
}

function read(text: string): Resource {
  const url = URL.parse(text);
  if (!url) return { audiences: new Set([text]), metadataUrl: text };
  const audiences = new Set([text]);
  const segments = url.pathname.split('/').filter(Boolean);
  for (let count = segments.length; count >= 0; count -= 1) {
    const path = [url.origin, ...segments.slice(0, count)].join('/');
    audiences.add(path).add(`${path}/`);
  }
  const path = url.pathname === '/' ? '' : url.pathname;
  return { audiences, metadataUrl: `${url.origin}/.well-known/oauth-protected-resource${path}${url.search}` };
}
