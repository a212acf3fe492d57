import type { Distribution } from '#plugins/mcp-search/api';
import type { Version, Wanted, WantedServers } from './wanted.ts';

/**
 * Which version of a server stands. One that replaces another has yet to answer: until then the other one stays, with its
 * image and tar, to go back to also after a restart and without a network.
 */
export class Versions {
  readonly #wanted: WantedServers;
  readonly #drop: (server: string, image: string) => Promise<void>;
  /** Replaced by this process: whether the new one has answered is not known here. */
  readonly #open = new Set<string>();

  constructor(wanted: WantedServers, drop: (server: string, image: string) => Promise<void>) {
    this.#wanted = wanted;
    this.#drop = drop;
  }

  /** `next` stands from now on. */
  async put(next: Version, replaces: Distribution | undefined): Promise<void> {
    const { server } = next;
    const before = this.#wanted.get(server);
    const isAgain = before?.key === next.key;
    const replaced = isAgain ? before.replaced : replaces !== undefined && before ? alone(before) : undefined;
    if (replaced !== undefined && !isAgain) this.#open.add(server);
    await this.#wanted.put({ ...next, ...(replaced !== undefined && { replaced }) });
    await this.#dropUnneeded(server, before);
  }

  /** The one with this key, which then stands; undefined where there is none. */
  async chosen(server: string, key: string): Promise<Wanted | undefined> {
    const now = this.#wanted.get(server);
    const { replaced } = now ?? {};
    if (now === undefined || (now.key !== key && replaced?.key !== key)) return undefined;
    // It was chosen when this process began: it has answered before.
    const isSettled = now.key === key && replaced !== undefined && !this.#open.has(server);
    if (now.key !== key || isSettled) {
      this.#open.delete(server);
      await this.#wanted.put(now.key === key ? alone(now) : replaced!);
      await this.#dropUnneeded(server, now);
    }
    return this.#wanted.get(server);
  }

  async #dropUnneeded(server: string, before: Wanted | undefined): Promise<void> {
    const needed = imagesOf(this.#wanted.get(server));
    for (const image of imagesOf(before)) if (!needed.includes(image)) await this.#drop(server, image);
  }
}

export const imagesOf = (wanted: Wanted | undefined): string[] =>
  wanted === undefined ? [] : [wanted.image, ...(wanted.replaced === undefined ? [] : [wanted.replaced.image])];

function alone({ replaced: _, ...version }: Wanted): Version {
  return version;
}
