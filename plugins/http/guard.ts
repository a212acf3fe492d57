import type { IncomingMessage } from 'node:http';
import { fault } from '#kernel';
import type { Auth, Principal, Scope } from '#plugins/auth/api';

/** Everybody, where authentication is off. */
const ANYBODY: Principal = {
  id: 'anonymous',
  name: 'anonymous',
  kind: 'anonymous',
  scopes: new Set<Scope>(['tools:read', 'tools:call', 'tools:write', 'admin']),
};
/** Whoever calls an open route of a server that asks for credentials elsewhere. */
const NOBODY: Principal = { id: 'anonymous', name: 'anonymous', kind: 'anonymous', scopes: new Set() };

/** Who calls, and may they. */
export class Guard {
  readonly #auth: Auth | undefined;
  /** False on an address that strangers reach: there nobody is served while authentication is off. */
  readonly #loopback: boolean;
  readonly #base: (request: IncomingMessage) => string;

  constructor(auth: Auth | undefined, loopback: boolean, base: (request: IncomingMessage) => string) {
    this.#auth = auth;
    this.#loopback = loopback;
    this.#base = base;
  }

  get required(): boolean {
    return this.#auth?.required ?? false;
  }

  /** The faults of `authenticate`. Synchronous for callers that auth knows. `path` completes the OAuth resource. */
  identify(
    request: IncomingMessage,
    scope: Scope | null,
    path: string,
    resource?: string,
  ): Principal | Promise<Principal> {
    const auth = this.#auth;
    const required = auth?.required ?? false;
    if (scope === null) return required ? NOBODY : ANYBODY;
    if (required) return auth!.authenticate(request.headers, scope, resource ?? this.#base(request) + path);
    if (this.#loopback) return ANYBODY;
    // Authentication was switched off while listening: start would have refused.
    throw openWithoutAuth();
  }
}

export const openWithoutAuth = (host?: string) =>
  fault(
    'HTTP_OPEN_WITHOUT_AUTH',
    `${host === undefined ? 'this address' : host} can be reached from other machines, and nobody would be asked for credentials`,
    { kind: 'unavailable', hint: 'configure keys or an issuer in auth, or listen on 127.0.0.1' },
  );
