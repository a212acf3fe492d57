/** Reads of several at the same moment, as one read of many ids. Where that fails each is read by itself. */
export class Gathered<V> {
  readonly #load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;
  #keys = new Set<string>();
  #loading: Promise<ReadonlyMap<string, V>> | undefined;

  constructor(load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>) {
    this.#load = load;
  }

  async get(key: string): Promise<V | undefined> {
    const keys = this.#keys.add(key);
    this.#loading ??= Promise.resolve().then(() => this.#all());
    try {
      return (await this.#loading).get(key);
    } catch (error) {
      if (keys.size < 2) throw error;
      return (await this.#load([key])).get(key);
    }
  }

  #all(): Promise<ReadonlyMap<string, V>> {
    const keys = [...this.#keys];
    this.#keys = new Set();
    this.#loading = undefined;
    return this.#load(keys);
  }
}
