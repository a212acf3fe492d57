import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '#kernel';

/** Longer ones are not looked at. */
const MOST_CHARACTERS = 8_192;

interface Refusals {
  readonly missing: () => Fault;
  readonly malformed: (message: string) => Fault;
}

/** The key or token of a request. Only headers are read: a token in a URL ends up in logs and histories. */
export function readCredential(headers: IncomingHttpHeaders, refuse: Refusals): string {
  const { authorization } = headers;
  const apiKey = headers['x-api-key'];
  if (authorization === undefined) {
    if (apiKey === undefined) throw refuse.missing();
    return checked(apiKey, 'X-API-Key', refuse);
  }
  const token = bearer(authorization, refuse);
  // RFC 6750 section 2: not more than one way at a time.
  if (apiKey !== undefined && apiKey !== token) throw refuse.malformed('Authorization and X-API-Key differ: send one');
  return token;
}

function bearer(header: unknown, refuse: Refusals): string {
  if (typeof header !== 'string' || !/^bearer /i.test(header))
    throw refuse.malformed('the Authorization header is not of the kind Bearer');
  return checked(header.slice(7).trim(), 'Authorization', refuse);
}

function checked(value: unknown, name: string, refuse: Refusals): string {
  if (typeof value !== 'string' || value.length === 0) throw refuse.malformed(`the ${name} header has no value`);
  if (value.length > MOST_CHARACTERS) throw refuse.malformed(`the ${name} header is too long`);
  if (!/^[\x21-\x7e]+$/.test(value)) throw refuse.malformed(`the ${name} header has spaces or other odd characters`);
  return value;
}
