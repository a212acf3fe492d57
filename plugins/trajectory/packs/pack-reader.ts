import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { reason } from '#kernel';
import { NUL_IN_JSON, readText, type TextReference } from '../journal/text-reference.ts';

/** Puts texts back into what was read. For one reading: `close` it after. */
export class PackReader {
  readonly #dir: string;
  readonly #lost: (reference: TextReference, why: string) => void;
  readonly #packs = new Map<string, FileHandle>();
  readonly #texts = new Map<string, string>();

  /** `lost` is told of each text that is not there, or is not what was stored. */
  constructor(dir: string, lost: (reference: TextReference, why: string) => void) {
    this.#dir = dir;
    this.#lost = lost;
  }

  /** Plain data that was parsed from `json`, changed in place where texts are put back. */
  async restore<T>(value: T, json: string): Promise<T> {
    return json.includes(NUL_IN_JSON) ? ((await this.#value(value)) as T) : value;
  }

  async close(): Promise<void> {
    for (const pack of this.#packs.values()) await pack.close();
    this.#packs.clear();
  }

  async #value(value: unknown): Promise<unknown> {
    if (typeof value === 'string') {
      const text = readText(value);
      return typeof text === 'string' ? text : this.#text(text);
    }
    if (typeof value !== 'object' || value === null) return value;
    const members = value as Record<string, unknown>;
    for (const key of Object.keys(members)) {
      const member = members[key];
      if (typeof member === 'object' ? member !== null : typeof member === 'string' && member.charCodeAt(0) === 0)
        members[key] = await this.#value(member);
    }
    return value;
  }

  async #text(reference: TextReference): Promise<string> {
    const known = this.#texts.get(reference.hash);
    if (known !== undefined) return known;
    let text: string;
    try {
      const bytes = await this.#bytes(reference);
      if (hash('sha256', bytes, 'base64url') !== reference.hash) throw new Error('its content has changed');
      text = bytes.toString();
    } catch (error) {
      this.#lost(reference, reason(error));
      text = `[text lost: ${reference.bytes} bytes, sha256 ${reference.hash}]`;
    }
    this.#texts.set(reference.hash, text);
    return text;
  }

  async #bytes({ pack, offset, bytes }: TextReference): Promise<Buffer> {
    let file = this.#packs.get(pack);
    if (file === undefined) {
      file = await open(path.join(this.#dir, pack), 'r');
      this.#packs.set(pack, file);
    }
    const { size } = await file.stat();
    if (offset + bytes > size) throw new Error(`${pack} ends before it`);
    const buffer = Buffer.allocUnsafe(bytes);
    for (let done = 0; done < bytes; ) {
      const { bytesRead } = await file.read(buffer, done, bytes - done, offset + done);
      if (bytesRead === 0) throw new Error(`${pack} ends before it`);
      done += bytesRead;
    }
    return buffer;
  }
}
