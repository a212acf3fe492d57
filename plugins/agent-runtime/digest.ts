import { createHash } from 'node:crypto';

/** Of a text, in 24 characters that may stand in a header, a key and a file's name. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);
