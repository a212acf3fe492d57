import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { type Fault, isFault, reason } from '#kernel';
import type { Principal, Scope } from './api.ts';
import type { OAuthConfig } from './config.ts';
import { type Asked, expired, invalid, wrongAudience } from './denial.ts';
import { discoverKeys, unavailable } from './discovery.ts';
import type { Resource } from './resource.ts';
import { scopesOf } from './scopes.ts';

/** An access token whose signature, issuer and times were checked. */
interface Verified {
  readonly principal: Principal;
  readonly audiences: readonly string[];
  readonly expiresAt: number;
  /** Resources that it was accepted for. */
  readonly accepted: Set<Resource>;
}

/** After a failure the issuer is left alone for so long. */
const RETRY_MS = 2_000;
const ACCEPTED_LIMIT = 200;

/** Access tokens in the form of JWTs (RFC 9068) of one authorization server. */
export class AccessTokens {
  readonly #config: OAuthConfig;
  readonly #signal: AbortSignal;
  readonly #verified = new Map<string, Verified>();
  readonly #verifying = new Map<string, Promise<Verified>>();
  #keys: { readonly get: Promise<JWTVerifyGetKey>; readonly until: number } | undefined;

  constructor(config: OAuthConfig, signal: AbortSignal) {
    this.#config = config;
    this.#signal = signal;
  }

  get issuer(): string {
    return this.#config.issuer;
  }

  /** At once for a token that was verified before. */
  principal(token: string, digest: string, resource: Resource, asked: Asked): Principal | Promise<Principal> {
    const known = this.#verified.get(digest);
    if (known) return this.#accept(known, digest, resource, asked);
    return this.#verifyOnce(token, digest).then(
      (verified) => this.#accept(verified, digest, resource, asked),
      (error: unknown) => {
        throw this.#denial(error, asked);
      },
    );
  }

  #accept(token: Verified, digest: string, resource: Resource, asked: Asked): Principal {
    if (token.expiresAt <= Date.now()) {
      this.#verified.delete(digest);
      throw expired(asked);
    }
    if (!token.accepted.has(resource)) {
      const { audience } = this.#config;
      if (!token.audiences.some((each) => resource.audiences.has(each) || audience.includes(each)))
        throw wrongAudience(asked);
      if (token.accepted.size >= ACCEPTED_LIMIT) token.accepted.clear();
      token.accepted.add(resource);
    }
    return token.principal;
  }

  #verifyOnce(token: string, digest: string): Promise<Verified> {
    let verifying = this.#verifying.get(digest);
    if (verifying === undefined) {
      verifying = this.#verify(token)
        .then((verified) => {
          this.#remember(digest, verified);
          return verified;
        })
        .finally(() => this.#verifying.delete(digest));
      this.#verifying.set(digest, verifying);
    }
    return verifying;
  }

  async #verify(token: string): Promise<Verified> {
    const { jwtVerify } = await import('jose');
    const { issuer, algorithms, clockToleranceSeconds, scopesClaim } = this.#config;
    const options: JWTVerifyOptions = {
      issuer,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'aud'],
    };
    const { payload } = await jwtVerify(token, await this.#currentKeys(), options);
    return {
      principal: principalOf(payload, scopesOf(payload[scopesClaim] ?? payload.scp)),
      audiences: [payload.aud ?? []].flat(),
      expiresAt: ((payload.exp ?? 0) + clockToleranceSeconds) * 1_000,
      accepted: new Set(),
    };
  }

  /** The oldest make room: what is in use comes back with its next verification. */
  #remember(digest: string, verified: Verified): void {
    if (this.#verified.size >= this.#config.cachedTokens)
      for (const [oldest] of this.#verified) {
        this.#verified.delete(oldest);
        break;
      }
    this.#verified.set(digest, verified);
  }

  #currentKeys(): Promise<JWTVerifyGetKey> {
    if (this.#keys === undefined || this.#keys.until <= Date.now()) {
      const get = this.#findKeys();
      const found = { get, until: Number.POSITIVE_INFINITY };
      this.#keys = found;
      get.catch(() => {
        if (this.#keys === found) this.#keys = { get, until: Date.now() + RETRY_MS };
      });
    }
    return this.#keys.get;
  }

  async #findKeys(): Promise<JWTVerifyGetKey> {
    const { createRemoteJWKSet } = await import('jose');
    const { issuer, jwksUrl, timeoutMs, jwksCooldownSeconds, jwksMaxAgeSeconds } = this.#config;
    const url = jwksUrl === '' ? await discoverKeys(issuer, timeoutMs, this.#signal) : new URL(jwksUrl);
    return createRemoteJWKSet(url, {
      timeoutDuration: timeoutMs,
      cooldownDuration: jwksCooldownSeconds * 1_000,
      cacheMaxAge: jwksMaxAgeSeconds * 1_000,
    });
  }

  #denial(error: unknown, asked: Asked): Fault {
    if (isFault(error)) return error;
    const code = (error as { code?: unknown } | null)?.code;
    if (code === 'ERR_JWT_EXPIRED') return expired(asked);
    const message = typeof code === 'string' ? WHY[code] : undefined;
    if (message === undefined) return unavailable(this.issuer, reason(error));
    const claim = (error as { claim?: unknown }).claim;
    return invalid(asked, typeof claim === 'string' ? `${message} "${claim}"` : message);
  }
}

/** jose's codes that speak of the token; every other one speaks of the way to the issuer's keys. */
const WHY: Readonly<Record<string, string>> = {
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'the access token has a claim that does not fit:',
  ERR_JWT_INVALID: 'the access token is no JWT',
  ERR_JWS_INVALID: 'this is neither a known key nor an access token that can be read',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature of the access token is wrong',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the access token is signed in a way that is not taken',
  ERR_JOSE_NOT_SUPPORTED: 'the access token is signed in a way that is not taken',
  ERR_JWKS_NO_MATCHING_KEY: 'the access token is signed with a key that the issuer does not have',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'the access token does not say with which key it is signed',
};

const MOST_NAME = 200;
function principalOf({ sub, client_id, azp }: JWTPayload, scopes: ReadonlySet<Scope>): Principal {
  const found = [sub, client_id, azp].find((each) => typeof each === 'string' && each !== '') as string | undefined;
  const subject = found ?? 'unnamed';
  // The whole subject, so that two that begin alike stay two.
  return { id: `oauth:${subject}`, name: subject.slice(0, MOST_NAME), kind: 'oauth', scopes };
}
