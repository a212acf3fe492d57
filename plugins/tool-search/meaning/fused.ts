import type { Scored } from '../text-index.ts';

export interface Fusing {
  /** Those that have vectors, and the cosine of each with the query. */
  readonly documents: Int32Array;
  readonly cosines: Float32Array;
  /** By document, 0 to 1. */
  readonly byWords: Float32Array;
  /** Found by words, without a vector. */
  readonly others: readonly Scored[];
  /** Of the likeness of meaning in the score. */
  readonly share: number;
  /** A smaller cosine tells nothing. */
  readonly least: number;
  readonly k: number;
}
export interface Fused extends Scored {
  /** Undefined: it has no vector, and its score is that of words. */
  readonly cosine: number | undefined;
}

/**
 * A weighted sum of both scores, each between 0 and 1 (Bruch et al. 2023 find it better than the fusion of ranks). For a
 * cosine 0 is the mean of all documents, for how alike unrelated texts are differs from model to model.
 */
export function fused({ documents, cosines, byWords, others, share, least, k }: Fusing): Fused[] {
  let sum = 0;
  let top = least;
  for (const cosine of cosines) {
    sum += cosine;
    top = Math.max(top, cosine);
  }
  const mean = sum / Math.max(1, cosines.length);
  const base = top - mean > 1e-6 ? mean : top - 1;
  const found: Fused[] = others.map((one) => ({ ...one, cosine: undefined }));
  let worst = 0;
  for (let n = 0; n < documents.length; n++) {
    const document = documents[n]!;
    const cosine = cosines[n]!;
    const meant = cosine >= least ? Math.max(0, (cosine - base) / (top - base)) : 0;
    const score = share * meant + (1 - share) * byWords[document]!;
    if (score <= worst) continue;
    found.push({ document, score, cosine });
    if (found.length < 8 * k) continue;
    found.sort(best).length = k;
    worst = found.at(-1)!.score;
  }
  return found.sort(best).slice(0, k);
}

const best = (a: Scored, b: Scored): number => b.score - a.score || a.document - b.document;
