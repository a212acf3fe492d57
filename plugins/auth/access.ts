import type { IncomingHttpHeaders } from 'node:http';
import { isFault } from '#kernel';
import { type AuditEntry, type Auth, type Principal, SCOPES, type Scope } from './api.ts';
import type { Audit } from './audit.ts';
import { readCredential } from './credential.ts';
import { type Asked, insufficient, invalid, malformed, missing } from './denial.ts';
import { type ApiKeys, digestOf } from './keys.ts';
import { type Resource, Resources } from './resource.ts';
import type { AccessTokens } from './tokens.ts';

const ANONYMOUS: Principal = { id: 'anonymous', name: 'anonymous', kind: 'anonymous', scopes: new Set(SCOPES) };

/** The service: who calls, and may they? */
export class Access implements Auth {
  readonly required: boolean;
  readonly #keys: ApiKeys;
  readonly #tokens: AccessTokens | undefined;
  readonly #audit: Audit;
  readonly #resources = new Resources();

  constructor(required: boolean, keys: ApiKeys, tokens: AccessTokens | undefined, audit: Audit) {
    this.required = required;
    this.#keys = keys;
    this.#tokens = tokens;
    this.#audit = audit;
  }

  authenticate(headers: IncomingHttpHeaders, scope: Scope, url: string): Principal | Promise<Principal> {
    if (!this.required) return ANONYMOUS;
    const resource = this.#resources.get(url);
    const asked: Asked = { scope, metadataUrl: this.#tokens && resource.metadataUrl };
    try {
      const principal = this.#identify(headers, resource, asked);
      if (!(principal instanceof Promise)) return allow(principal, asked);
      return principal.then((known) => allow(known, asked)).catch((error: unknown) => this.#refuse(error, url));
    } catch (error) {
      return this.#refuse(error, url);
    }
  }

  resourceMetadata(resource: string): Readonly<Record<string, unknown>> | undefined {
    if (!this.#tokens) return undefined;
    return {
      resource,
      authorization_servers: [this.#tokens.issuer],
      scopes_supported: [...SCOPES],
      bearer_methods_supported: ['header'],
      resource_name: 'Datapresso',
    };
  }

  audit(entry: AuditEntry): void {
    this.#audit.write(entry);
  }

  #identify(headers: IncomingHttpHeaders, resource: Resource, asked: Asked): Principal | Promise<Principal> {
    const credential = readCredential(headers, {
      missing: () => missing(asked),
      malformed: (message) => malformed(asked, message),
    });
    const digest = digestOf(credential);
    const key = this.#keys.find(digest);
    if (key) return key;
    if (!this.#tokens) throw invalid(asked, 'the key is not known');
    return this.#tokens.principal(credential, digest, resource, asked);
  }

  #refuse(error: unknown, url: string): never {
    if (isFault(error)) this.#audit.refused(error.code, url, String(error.data.principal ?? '-'));
    throw error;
  }
}

function allow(principal: Principal, asked: Asked): Principal {
  if (principal.scopes.has(asked.scope)) return principal;
  throw insufficient(asked, principal);
}
