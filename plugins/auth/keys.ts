import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fault, isFault, type Log, reason, type Undo } from '#kernel';
import type { Principal } from './api.ts';
import { KEYS, type KeyConfig } from './config.ts';
import { withImplied } from './scopes.ts';

/**
 * Keys are found by their SHA-256 hash: how long that takes tells nothing about a key, and the keys themselves are not
 * kept.
 */
export const digestOf = (credential: string): string => hash('sha256', credential, 'hex');

const POLL_MS = 1_000;

export class ApiKeys {
  readonly #configured: ReadonlyMap<string, Principal>;
  readonly #file: string;
  readonly #log: Log;
  #stamp: string | undefined;
  #known: ReadonlyMap<string, Principal>;

  constructor(keys: readonly KeyConfig[], file: string, log: Log) {
    this.#log = log;
    this.#file = file === '' ? '' : resolve(file);
    this.#configured = principals(keys);
    this.#known = this.#configured;
    for (const { name } of keys.filter(isEmpty)) log.info('key left out: it is empty', { name });
  }

  get configured(): boolean {
    return this.#configured.size > 0 || this.#file !== '';
  }
  get count(): number {
    return this.#known.size;
  }

  find(digest: string): Principal | undefined {
    return this.#known.get(digest);
  }

  async start(defer: (undo: Undo) => void): Promise<void> {
    if (this.#file === '') return;
    await this.#read();
    // Polled, because secrets are often mounted in ways that tell no watcher.
    const timer = setInterval(() => void this.#readAgain(), POLL_MS).unref();
    defer(() => clearInterval(timer));
  }

  async #readAgain(): Promise<void> {
    try {
      if ((await stampOf(this.#file)) === this.#stamp) return;
      await this.#read();
      this.#log.info('keys read again', { file: this.#file, keys: this.count });
    } catch (error) {
      this.#log.error('keys not read again, the old ones stay', { file: this.#file, error: reason(error) });
    }
  }

  async #read(): Promise<void> {
    const refuse = (why: string) =>
      fault('AUTH_KEYS_FILE', `the keys in ${this.#file} cannot be used: ${why}`, {
        kind: 'invalid',
        hint: 'write a JSON list of { "name", "key" or "sha256", "scopes" }, or leave auth.keysFile empty',
      });
    try {
      // Taken before reading, so that a change in between is seen next time; and a broken file is told once.
      this.#stamp = await stampOf(this.#file);
      const parsed = KEYS.safeParse(parse(await readFile(this.#file, 'utf8')));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw refuse(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
      }
      const found = principals(parsed.data);
      const twice = [...found].find(([digest, { name }]) => (this.#configured.get(digest)?.name ?? name) !== name);
      if (twice) throw refuse(`"${twice[1].name}" has the key of a configured name`);
      this.#known = new Map([...this.#configured, ...found]);
    } catch (error) {
      throw isFault(error) ? error : refuse(reason(error));
    }
  }
}

/** Undefined where there is no file: a file that is gone keeps its keys, and is told once. */
const stampOf = (file: string): Promise<string | undefined> =>
  stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
    () => undefined,
  );

/** The parser's own message would quote the file, and with it a key. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

const isEmpty = ({ key, sha256 }: KeyConfig): boolean => key === '' && sha256 === '';

function principals(keys: readonly KeyConfig[]): ReadonlyMap<string, Principal> {
  const found = new Map<string, Principal>();
  for (const entry of keys) {
    if (isEmpty(entry)) continue;
    const digest = entry.sha256 === '' ? digestOf(entry.key) : entry.sha256.toLowerCase();
    const other = found.get(digest);
    if (other)
      throw fault('AUTH_KEY_TWICE', `"${other.name}" and "${entry.name}" have the same key`, {
        kind: 'invalid',
        hint: 'give each its own: the audit log names the caller by the key',
      });
    found.set(digest, { id: `key:${entry.name}`, name: entry.name, kind: 'key', scopes: withImplied(entry.scopes) });
  }
  return found;
}
