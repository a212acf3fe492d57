import { z } from 'zod';
import { type Fault, fault, reason } from '#kernel';

/** Authorization server metadata, the two fields that a resource server needs (RFC 8414 section 2). */
const METADATA = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** Keys that came over a plain connection could be anybody's. */
export function isSafeIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url?.username !== '' || url.hash !== '') return false;
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
  );
}

/** Where the issuer's keys are: RFC 8414 first, then OpenID Connect Discovery, each with the issuer's path. */
export async function discoverKeys(issuer: string, timeoutMs: number, signal: AbortSignal): Promise<URL> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const places = new Set([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const problems: string[] = [];
  for (const place of places) {
    const found = await read(place, deadline).catch((error: unknown) => reason(error));
    if (typeof found === 'string') {
      problems.push(`${place}: ${found}`);
    } else if (found.issuer !== issuer) {
      // RFC 8414 section 3.3: a document of another issuer must not be used.
      problems.push(`${place}: it is the metadata of "${found.issuer}"`);
    } else if (!isSafeIssuer(found.jwks_uri)) {
      problems.push(`${place}: its jwks_uri is no https URL`);
    } else {
      return new URL(found.jwks_uri);
    }
  }
  throw unavailable(issuer, problems.join('; '));
}

async function read(place: string, signal: AbortSignal): Promise<z.output<typeof METADATA>> {
  const response = await fetch(place, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const parsed = METADATA.safeParse(await response.json());
  if (!parsed.success) throw new Error('it lacks issuer or jwks_uri');
  return parsed.data;
}

export const unavailable = (issuer: string, why: string): Fault =>
  fault('AUTH_UNAVAILABLE', `the authorization server ${issuer} cannot be asked: ${why}`, {
    kind: 'unavailable',
    hint: 'check auth.oauth.issuer, and that it can be reached from here; or set auth.oauth.jwksUrl',
  });
