import { fault } from '#kernel';

const KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * The value of an `Idempotency-Key` header: 1 to 255 visible characters of ASCII, in quotes (draft-ietf-httpapi-idempotency-key)
 * or bare. Fault KEY_INVALID.
 */
export function keyOf(header: string | readonly string[]): string {
  const sent = typeof header === 'string' ? header.trim() : '';
  const key = sent.length > 1 && sent.startsWith('"') && sent.endsWith('"') ? sent.slice(1, -1) : sent;
  if (KEY.test(key)) return key;
  throw fault('KEY_INVALID', 'an Idempotency-Key has 1 to 255 visible characters of ASCII', {
    kind: 'invalid',
    hint: 'a UUID for each call is a good one',
  });
}
