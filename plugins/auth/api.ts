import type { IncomingHttpHeaders } from 'node:http';
import { type Token, token } from '#kernel';

/** What a caller may do. `admin` includes all others. */
export const SCOPES = ['tools:read', 'tools:call', 'tools:write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Principal {
  /**
   * Nobody else has it: `key:NAME`, `oauth:SUBJECT`, or `anonymous` where authentication is off. Whatever belongs to a
   * caller (sessions, connections, servers, lines of the audit log) is kept under it, never under the name alone.
   */
  readonly id: string;
  /** For people: key name or OAuth subject, shortened. */
  readonly name: string;
  readonly kind: 'anonymous' | 'key' | 'oauth';
  readonly scopes: ReadonlySet<Scope>;
}

export interface Auth {
  /** False on loopback without keys and issuer: everybody is `anonymous` with all scopes. */
  readonly required: boolean;
  /**
   * Who sends these headers. A known caller is answered synchronously (API key, or a token verified before and not expired).
   * Faults: AUTH_MISSING, AUTH_INVALID, AUTH_EXPIRED, AUTH_AUDIENCE (all `unauthenticated`), AUTH_SCOPE (`forbidden`),
   * AUTH_UNAVAILABLE (`unavailable`: the issuer's keys cannot be fetched). Thrown at once, or the promise rejects.
   * `fault.data.challenge` is the value for `WWW-Authenticate`, with all but the last of them.
   */
  authenticate(headers: IncomingHttpHeaders, scope: Scope, resource: string): Principal | Promise<Principal>;
  /** RFC 9728 protected resource metadata for a resource URL; undefined where no OAuth issuer is configured. */
  resourceMetadata(resource: string): Readonly<Record<string, unknown>> | undefined;
  /** One line in the audit log: who did what, with which outcome. Durable in groups; never blocks the caller. */
  audit(entry: AuditEntry): void;
}

export interface AuditEntry {
  /** `Principal.id`, or the part of the system that acted. */
  readonly principal: string;
  /** `tool.call`, `tool.register`, `approval.decide`, ... */
  readonly action: string;
  readonly target: string;
  readonly outcome: 'ok' | 'error' | 'denied';
  readonly durationMs?: number;
  /** Never arguments or results. */
  readonly detail?: string;
}

export const AUTH: Token<Auth> = token<Auth>('auth');
