import type { Server } from './api.ts';
import { variantKey } from './naming.ts';

/** Which servers answer to a spelling; kept up to date with every change, so that thousands may register in a row. */
export class Spellings {
  readonly #ids = new Map<string, Set<string>>();

  /** Ids in the order of their names. */
  of(name: string): readonly string[] {
    const key = variantKey(name);
    return key === '' ? [] : [...(this.#ids.get(key) ?? [])].sort();
  }

  add(server: Server): void {
    for (const key of keysOf(server)) {
      const ids = this.#ids.get(key);
      if (ids) ids.add(server.id);
      else this.#ids.set(key, new Set([server.id]));
    }
  }

  remove(server: Server): void {
    for (const key of keysOf(server)) {
      const ids = this.#ids.get(key);
      ids?.delete(server.id);
      if (ids?.size === 0) this.#ids.delete(key);
    }
  }
}

const keysOf = ({ id, spec: { aliases = [] } }: Server): Set<string> => new Set([id, ...aliases].map(variantKey));
