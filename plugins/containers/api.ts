import { type Token, type Topic, token, topic } from '#kernel';

/** Docker images of servers, kept as tar files, so that a lost image comes back without a registry. */
export interface ImageCache {
  list(): readonly CachedImage[];
  /** Saves the image's tar, whole or not at all; the same image id again is at once. */
  save(image: string, signal: AbortSignal): Promise<CachedImage>;
  /** Loads it from the tar after its checksum was right; IMAGE_TAR_BROKEN, IMAGE_NOT_CACHED. */
  restore(image: string, signal: AbortSignal): Promise<void>;
  remove(image: string): Promise<void>;
}
export interface CachedImage {
  readonly image: string;
  /** Docker's image id, `sha256:...`. */
  readonly id: string;
  readonly bytes: number;
  /** Of the tar file, hex. */
  readonly sha256: string;
  readonly savedAt: number;
}
export const IMAGE_CACHE: Token<ImageCache> = token<ImageCache>('image.cache');

/** What happened to a container of ours. */
export interface ContainerChange {
  readonly server: string;
  /** Docker's container id. */
  readonly container: string;
  readonly action: 'start' | 'die' | 'oom' | 'destroy';
  readonly exitCode?: number;
  /** ms since 1970. */
  readonly at: number;
}
export const CONTAINER_CHANGED: Topic<ContainerChange> = topic<ContainerChange>('container.changed');
