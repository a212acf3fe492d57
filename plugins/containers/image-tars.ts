import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { z } from 'zod';
import { fault, type Log, reason } from '#kernel';
import type { CachedImage, ImageCache } from './api.ts';
import type { ContainersConfig } from './config.ts';
import type { Engine } from './engine.ts';
import { imageInfo } from './image-info.ts';
import { follow } from './progress.ts';

const MIB = 1024 * 1024;

const metadata = z.strictObject({
  image: z.string(),
  id: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  savedAt: z.number(),
});

/**
 * One tar and one JSON file an image. The JSON comes last and says that the tar is whole; its time of change is the time
 * of the last use.
 */
export class ImageTars implements ImageCache {
  readonly #dir: string;
  readonly #engine: Engine;
  readonly #config: ContainersConfig;
  readonly #log: Log;
  readonly #known = new Map<string, CachedImage>();
  /** Work on one image after the other: they share a size limit. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(dir: string, engine: Engine, config: ContainersConfig, log: Log) {
    this.#dir = path.join(dir, 'images');
    this.#engine = engine;
    this.#config = config;
    this.#log = log;
  }

  /** What a kill left half done goes. */
  load(): void {
    this.#known.clear();
    const names = namesIn(this.#dir);
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      const found = metadata.safeParse(readJson(path.join(this.#dir, name)));
      if (found.success && path.basename(this.tarOf(found.data.image)) === name.replace(/json$/, 'tar'))
        this.#known.set(found.data.image, found.data);
    }
    const whole = new Set([...this.#known.keys()].flatMap((image) => [this.tarOf(image), this.#jsonOf(image)]));
    for (const name of names) if (!whole.has(path.join(this.#dir, name))) rmSync(path.join(this.#dir, name));
  }

  list(): readonly CachedImage[] {
    return [...this.#known.values()].sort((a, b) => this.#usedAt(b.image) - this.#usedAt(a.image));
  }

  get(image: string): CachedImage | undefined {
    return this.#known.get(image);
  }

  get bytes(): number {
    return [...this.#known.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  tarOf(image: string): string {
    return path.join(this.#dir, `${createHash('sha256').update(image).digest('hex').slice(0, 24)}.tar`);
  }

  /** Faults: IMAGE_UNKNOWN, IMAGE_TOO_LARGE (for the whole cache), DISK_FULL, DOCKER_MISSING. */
  save(image: string, signal: AbortSignal): Promise<CachedImage> {
    return this.#inTurn(async () => {
      const { docker } = this.#engine;
      const { Id: id, Size: size } = await inspect(docker, image, this.#engine.limit(signal));
      const present = this.#known.get(image);
      if (present?.id === id && this.#sizeOf(image) === present.bytes) {
        this.#touch(image);
        return present;
      }
      if (size > this.#config.cacheMb * MIB) throw tooLarge(image, this.#config.cacheMb);
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      const temporary = path.join(this.#dir, `${randomBytes(8).toString('hex')}.part`);
      try {
        const { bytes, sha256 } = await this.#write(docker, image, temporary, signal);
        if (bytes > this.#config.cacheMb * MIB) throw tooLarge(image, this.#config.cacheMb);
        this.#evict(this.#config.cacheMb * MIB - bytes, image);
        const saved = { image, id, bytes, sha256, savedAt: Date.now() };
        // Between the two steps the old JSON must not vouch for the new tar.
        await rm(this.#jsonOf(image), { force: true });
        await rename(temporary, this.tarOf(image));
        await this.#describe(saved);
        this.#known.set(image, saved);
        return saved;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
        throw fault('DISK_FULL', `the disk is full while keeping the image ${image}`, {
          kind: 'unavailable',
          hint: 'free some space, or move containers.dir to another disk',
        });
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  restore(image: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#known.get(image);
      if (known === undefined)
        throw fault('IMAGE_NOT_CACHED', `there is no tar of the image ${image}`, {
          kind: 'not_found',
          hint: 'build it again',
        });
      const { docker } = this.#engine;
      if (this.#sizeOf(image) !== known.bytes || (await digestOf(this.tarOf(image), signal)) !== known.sha256)
        throw this.#broken(image, 'it is not as it was written');
      try {
        const stream = await docker.loadImage(createReadStream(this.tarOf(image)), {
          quiet: true,
          abortSignal: signal,
        });
        await follow(docker, stream, () => {}, signal);
        const { Id: id } = await inspect(docker, image, this.#engine.limit(signal));
        if (id !== known.id) throw new Error(`it holds ${id}, not ${known.id}`);
      } catch (error) {
        if (signal.aborted || this.#engine.missing !== undefined) throw error;
        throw this.#broken(image, reason(error));
      }
      this.#touch(image);
    });
  }

  remove(image: string): Promise<void> {
    return this.#inTurn(async () => this.#drop(image));
  }

  #broken(image: string, why: string) {
    this.#drop(image);
    return fault('IMAGE_TAR_BROKEN', `the tar of the image ${image} is damaged: ${why}`, {
      kind: 'unavailable',
      hint: 'it was deleted; the image is built again',
    });
  }

  async #write(docker: Docker, image: string, file: string, signal: AbortSignal) {
    const stream = await docker.getImage(image).get();
    const hash = createHash('sha256');
    let bytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        bytes += chunk.length;
        done(null, chunk);
      },
    });
    await pipeline(stream, measure, createWriteStream(file, { mode: 0o600, flush: true }), { signal });
    return { bytes, sha256: hash.digest('hex') };
  }

  async #describe(saved: CachedImage): Promise<void> {
    const file = this.#jsonOf(saved.image);
    const handle = await open(`${file}.part`, 'w', 0o600);
    await handle.writeFile(JSON.stringify(saved));
    await handle.sync();
    await handle.close();
    await rename(`${file}.part`, file);
  }

  /** The least recently used go until the rest fits. */
  #evict(room: number, keep: string): void {
    for (const { image } of [...this.list()].reverse()) {
      const others = [...this.#known.values()].reduce((sum, each) => sum + (each.image === keep ? 0 : each.bytes), 0);
      if (others <= room) return;
      if (image === keep) continue;
      this.#drop(image);
      this.#log.info('dropped the least recently used image from the cache', { image });
    }
  }

  #drop(image: string): void {
    this.#known.delete(image);
    rmSync(this.#jsonOf(image), { force: true });
    rmSync(this.tarOf(image), { force: true });
  }

  #touch(image: string): void {
    try {
      utimesSync(this.#jsonOf(image), new Date(), new Date());
    } catch {
      // a folder that cannot be written costs the order, not the image
    }
  }

  #usedAt(image: string): number {
    return statSync(this.#jsonOf(image), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }
  #sizeOf(image: string): number {
    return statSync(this.tarOf(image), { throwIfNoEntry: false })?.size ?? -1;
  }
  #jsonOf(image: string): string {
    return this.tarOf(image).replace(/tar$/, 'json');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

async function inspect(docker: Docker, image: string, abortSignal: AbortSignal): Promise<Docker.ImageInspectInfo> {
  const found = await imageInfo(docker, image, abortSignal);
  if (found === undefined) throw fault('IMAGE_UNKNOWN', `the engine has no image ${image}`, { kind: 'not_found' });
  return found;
}

async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}

const tooLarge = (image: string, cacheMb: number) =>
  fault('IMAGE_TOO_LARGE', `the image ${image} is larger than the whole cache of ${cacheMb} MiB`, {
    kind: 'too_large',
    hint: 'raise containers.cacheMb',
  });

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
