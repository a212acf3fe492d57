import { z } from 'zod';
import { secret } from '#kernel';
import { SCOPES } from './api.ts';
import { isSafeIssuer } from './discovery.ts';

/** Shorter ones can be guessed. */
const LEAST_KEY = 16;
const seconds = (least: number, most: number) => z.number().int().min(least).max(most);

/** Secrets that a client also holds have no place here: with a public key taken for one, anybody could sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export const KEY = z.strictObject({
  name: z.string().min(1).max(100).describe('Who it is, in the audit log.'),
  key: secret().default('').describe('The key itself, at least 16 characters. Empty: the entry is left out.'),
  sha256: z
    .string()
    .regex(/^(?:[0-9a-fA-F]{64})?$/, 'must be the 64 hexadecimal digits of a SHA-256 hash')
    .default('')
    .describe('Instead of the key, its SHA-256 hash in hexadecimal.'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .default(['tools:read', 'tools:call'])
    .describe('What the key may do; `admin` includes all.'),
});
export type KeyConfig = z.output<typeof KEY>;

/** No message quotes a key. */
export const KEYS = z.array(KEY).superRefine((keys, context) => {
  const names = new Set<string>();
  for (const [at, { name, key, sha256 }] of keys.entries()) {
    const problem = (of: 'name' | 'key', message: string) =>
      context.addIssue({ code: 'custom', path: [at, of], message });
    if (names.has(name)) problem('name', `two keys have the name "${name}"`);
    if (key !== '' && sha256 !== '') problem('name', `"${name}" has both key and sha256: give one`);
    if (key !== '' && key.length < LEAST_KEY)
      problem(
        'key',
        `the key of "${name}" is too short: it needs at least ${LEAST_KEY} characters (openssl rand -base64 32 makes one)`,
      );
    if (key !== '' && !/^[\x21-\x7e]+$/.test(key))
      problem('key', `the key of "${name}" may have letters, digits and ASCII signs only, without spaces`);
    names.add(name);
  }
});

const OAUTH = z.strictObject({
  issuer: z
    .string()
    .default('')
    .refine((issuer) => issuer === '' || isSafeIssuer(issuer), 'must be an https URL, or http on loopback')
    .describe('The authorization server whose access tokens are taken. Empty: none.'),
  audience: z
    .array(z.string().min(1))
    .default([])
    .describe('Audiences that mean this server, besides the URL that is called.'),
  jwksUrl: z
    .string()
    .default('')
    .refine((url) => url === '' || isSafeIssuer(url), 'must be an https URL, or http on loopback')
    .describe("The issuer's keys. Empty: found through the issuer's metadata."),
  scopesClaim: z.string().min(1).default('scope').describe('The claim with the scopes: text with spaces, or a list.'),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .default([...ALGORITHMS])
    .describe('Signatures that are taken.'),
  clockToleranceSeconds: seconds(0, 600).default(5).describe('How far the clocks may differ.'),
  timeoutMs: seconds(100, 60_000).default(5_000).describe('How long the issuer may take to answer.'),
  jwksMaxAgeSeconds: seconds(1, 86_400).default(600).describe("The issuer's keys are asked for again after this."),
  jwksCooldownSeconds: seconds(0, 3_600)
    .default(30)
    .describe('A token with an unknown key asks the issuer at most this often.'),
  cachedTokens: seconds(1, 1_000_000)
    .default(10_000)
    .describe('Verified tokens that are remembered until they expire.'),
});
export type OAuthConfig = z.output<typeof OAUTH>;

export const CONFIG = z.strictObject({
  keys: KEYS.default([]).describe('API keys: `{ name, key or sha256, scopes }`.'),
  keysFile: z.string().default('').describe('A JSON file with more keys, read again when it changes. Empty: none.'),
  oauth: OAUTH.prefault({}).describe('OAuth 2.1 resource server.'),
  required: z
    .enum(['auto', 'always'])
    .default('auto')
    .describe('`auto`: callers are asked who they are as soon as a key or an issuer is configured.'),
  audit: z
    .strictObject({
      table: z.boolean().default(true).describe('Into the database where there is one; otherwise into the log.'),
      retentionDays: seconds(1, 36_500).default(90).describe('Older entries are deleted.'),
    })
    .prefault({})
    .describe('Who did what.'),
});
export type AuthConfig = z.output<typeof CONFIG>;
