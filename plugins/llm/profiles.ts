import type { LlmConfig } from './config.ts';

const OPENAI = 'https://api.openai.com/v1';
const ANTHROPIC = 'https://api.anthropic.com';

type Base = Omit<LlmConfig, 'profiles' | 'embedding' | 'prices' | 'runsKept'>;
/** A model, and where it is. */
export interface Profile extends Omit<Base, 'provider'> {
  readonly provider: 'openai' | 'anthropic';
  /** `url`, or the provider's own. */
  readonly address: string;
}

/** The default profile for an unknown name. A key never goes to another address than the one that it was set with. */
export function profileOf(config: LlmConfig, name: string | undefined): Profile {
  let profiles = known.get(config);
  if (profiles === undefined) {
    profiles = new Map();
    known.set(config, profiles);
  }
  // All names that nobody configured are one.
  const key = name !== undefined && Object.hasOwn(config.profiles, name) ? name : undefined;
  let profile = profiles.get(key);
  if (profile === undefined) {
    profile = readProfile(config, key);
    profiles.set(key, profile);
  }
  return profile;
}

const known = new WeakMap<LlmConfig, Map<string | undefined, Profile>>();

function readProfile(config: LlmConfig, name: string | undefined): Profile {
  const { profiles, embedding: _, prices: __, runsKept: ___, ...base } = config;
  const own = name === undefined ? undefined : profiles[name];
  const main = located(base);
  if (own === undefined) return main;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const elsewhere = located({ ...base, ...given } as Base).address !== main.address;
  return located({ ...base, ...(elsewhere && { apiKey: '' }), ...given } as Base);
}

function located(base: Base): Profile {
  const provider = base.provider === 'auto' ? guessed(base) : base.provider;
  return { ...base, provider, address: base.url || (provider === 'anthropic' ? ANTHROPIC : OPENAI) };
}

function guessed({ url, model }: Base): Profile['provider'] {
  if (url === '') return model.startsWith('claude') ? 'anthropic' : 'openai';
  return /(?:^|\.)anthropic\./.test(`${new URL(url).hostname}.`) ? 'anthropic' : 'openai';
}

export interface EmbeddingConfig extends Omit<LlmConfig['embedding'], 'url'> {
  readonly address: string;
}

export function embeddingOf(config: LlmConfig): EmbeddingConfig {
  const { url, ...embedding } = config.embedding;
  const main = profileOf(config, undefined);
  const address = url || (main.provider === 'openai' ? main.address : OPENAI);
  return { ...embedding, address, apiKey: embedding.apiKey || (address === main.address ? main.apiKey : '') };
}
