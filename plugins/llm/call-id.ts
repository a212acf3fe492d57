import { randomBytes, randomInt } from 'node:crypto';

/** What Mistral names its calls, and takes nothing else. */
const NINE = /^[A-Za-z0-9]{9}$/;
/** So long that it was drawn, not counted. */
const DRAWN = /^[A-Za-z0-9_-]{16,64}$/;
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** For a call to which the endpoint gave no id, or one that may come again; in the form of that where endpoints mind. */
export const callId = (given = ''): string =>
  NINE.test(given)
    ? Array.from(given, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join('')
    : `call_${randomBytes(12).toString('hex')}`;

/**
 * Whether the endpoint's own id names this call and no other, ever. Some count anew in each answer, and calls that are no
 * longer in the history had ids as well.
 */
export const isUnique = (given: string, taken: ReadonlySet<string>): boolean => DRAWN.test(given) && !taken.has(given);
