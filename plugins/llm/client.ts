import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { boundedFetch } from './bounded-fetch.ts';

const KIB = 1_024;

interface Place {
  readonly address: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly maxAnswerKb: number;
}

/** What both packages take. They read the environment for what is undefined, and want some key. */
const options = ({ address, apiKey, timeoutMs, maxAnswerKb }: Place, alive?: () => void) => ({
  apiKey: apiKey || 'none',
  baseURL: address,
  timeout: timeoutMs,
  // Retries are ours: those of the packages do not know of streams that end in the middle.
  maxRetries: 0,
  logLevel: 'off' as const,
  fetch: boundedFetch(maxAnswerKb * KIB, alive),
});

/** The package takes 200 ms to load, so it is with the first call; to look it up again at each costs too. */
let openAi: Promise<typeof import('openai')> | undefined;

export async function openAiClient(place: Place, alive?: () => void): Promise<OpenAI> {
  openAi ??= import('openai');
  const { default: Client } = await openAi;
  return new Client({ ...options(place, alive), organization: null, project: null });
}

export async function anthropicClient(place: Place, alive?: () => void): Promise<Anthropic> {
  const { default: Client } = await import('@anthropic-ai/sdk');
  const given = options(place, alive);
  // The package adds the version by itself.
  return new Client({ ...given, authToken: null, baseURL: given.baseURL.replace(/\/v1\/?$/, '') });
}
