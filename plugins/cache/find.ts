import type { Layer } from './layer.ts';
import type { Kept } from './record.ts';
import { stands, type Tags } from './tags.ts';

export interface Found {
  readonly fresh?: Kept;
  /** Over, but not void. */
  readonly stale?: Kept;
  /** Faster layers, which do not have what was found. */
  readonly above: readonly Layer[];
}

interface Search {
  readonly layers: readonly Layer[];
  readonly key: string;
  readonly tags: Tags;
  readonly spaceTag: string;
  readonly staleMs: number;
  /** Called before what was found is judged: what is invalidated afterwards is not seen. */
  readonly judging?: () => void;
}

/** The first fresh value from the top; what was invalidated since counts as not there, in any layer. */
export async function find({ layers, key, tags, spaceTag, staleMs, judging }: Search): Promise<Found> {
  let stale: Kept | undefined;
  for (const [n, layer] of layers.entries()) {
    const kept = await layer.get(key);
    if (kept === undefined) continue;
    const overMs = kept.until === null ? Number.NEGATIVE_INFINITY : Date.now() - kept.until;
    if (overMs >= staleMs && overMs >= 0) continue;
    judging?.();
    if (!stands(kept.moments, await tags.read([spaceTag, ...kept.tags]))) continue;
    if (overMs < 0) return { fresh: kept, above: layers.slice(0, n) };
    if (stale === undefined || stale.at < kept.at) stale = kept;
  }
  return { ...(stale && { stale }), above: [] };
}
