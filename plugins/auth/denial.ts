import { type Fault, fault } from '#kernel';
import type { Principal, Scope } from './api.ts';

/** What the caller asked for, and where its metadata is; undefined without an OAuth issuer. */
export interface Asked {
  readonly scope: Scope;
  readonly metadataUrl: string | undefined;
}

type Problem = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/** The value for `WWW-Authenticate` (RFC 6750 section 3, RFC 9728 section 5.1). */
export function challenge({ scope, metadataUrl }: Asked, problem?: Problem, description = ''): string {
  const parts = [
    ...(metadataUrl === undefined ? [] : [`resource_metadata="${quoted(metadataUrl)}"`]),
    `scope="${scope}"`,
    ...(problem === undefined ? [] : [`error="${problem}"`, `error_description="${quoted(description)}"`]),
  ];
  return `Bearer ${parts.join(', ')}`;
}

/** The characters that RFC 6750 allows in a description. */
const quoted = (text: string): string => text.replaceAll(/[^\x20-\x7e]|["\\]/g, "'");

const HOW = 'send `Authorization: Bearer <key or token>` or `X-API-Key: <key>`';

export const missing = (asked: Asked): Fault =>
  fault('AUTH_MISSING', 'this needs a key or an access token', {
    kind: 'unauthenticated',
    hint: HOW,
    data: { challenge: challenge(asked) },
  });

const refused = (code: string, asked: Asked, message: string, problem: Problem = 'invalid_token', hint = ''): Fault =>
  fault(code, message, {
    kind: 'unauthenticated',
    ...(hint !== '' && { hint }),
    data: { challenge: challenge(asked, problem, message) },
  });

export const malformed = (asked: Asked, message: string): Fault =>
  refused('AUTH_INVALID', asked, message, 'invalid_request', HOW);
export const invalid = (asked: Asked, message: string): Fault => refused('AUTH_INVALID', asked, message);
export const expired = (asked: Asked): Fault =>
  refused('AUTH_EXPIRED', asked, 'the access token has expired', 'invalid_token', 'get a new one');
export const wrongAudience = (asked: Asked): Fault =>
  refused(
    'AUTH_AUDIENCE',
    asked,
    'the access token was issued for another resource',
    'invalid_token',
    'ask the authorization server for a token with `resource` set to the URL that you call',
  );
export const insufficient = (asked: Asked, principal: Principal): Fault =>
  fault('AUTH_SCOPE', `this needs the scope ${asked.scope}, which "${principal.name}" has not`, {
    kind: 'forbidden',
    data: {
      challenge: challenge(asked, 'insufficient_scope', `the scope ${asked.scope} is needed`),
      scope: asked.scope,
      principal: principal.id,
    },
  });
