import type { LlmConfig, ProfileConfig } from './config.ts';

/** The default profile for an unknown name. A key never goes to another address than the one that it was set with. */
export function profileOf({ profiles, embedding: _, ...base }: LlmConfig, name: string | undefined): ProfileConfig {
  const own = name === undefined ? undefined : profiles[name];
  if (own === undefined) return base;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const elsewhere = own.url !== undefined && own.url !== base.url;
  return { ...base, ...(elsewhere && { apiKey: '' }), ...given };
}

export interface EmbeddingConfig {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly batch: number;
  readonly maxCharacters: number;
  readonly maxAnswerKb: number;
}

export function embeddingOf({ url, apiKey, embedding }: LlmConfig): EmbeddingConfig {
  const place = embedding.url || url;
  return { ...embedding, url: place, apiKey: embedding.apiKey || (place === url ? apiKey : '') };
}
