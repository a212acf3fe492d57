import { createHash } from 'node:crypto';
import { z } from 'zod';

const moment = z.object({ epoch: z.string(), ticks: z.number() });

/** A value as it is kept. Others may write to the same Redis, so what is read there is checked. */
const record = z.object({
  value: z.unknown(),
  /** ms since 1970, like all times here. */
  at: z.number(),
  /** When it is no longer fresh; null: never. */
  until: z.number().nullable(),
  tags: z.array(z.string()),
  moments: z.object({ redis: moment.optional(), storage: moment.optional(), process: moment.optional() }),
});
export type Kept = z.output<typeof record>;

const wrapped = z.object({ value: record, expires: z.number().optional() });

/** How keyv's own envelope is written and read, in each layer. */
export const serialize = (data: unknown): string => JSON.stringify(data);
/** What cannot be read counts as not there. */
export function deserialize(text: string): z.output<typeof wrapped> | undefined {
  try {
    return wrapped.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const PLAIN = /^[\x21-\x7e]{1,200}$/;
/** Keys and tags of any length and content, in a form that Redis and both databases take as a key. */
export const shortOf = (name: string): string =>
  PLAIN.test(name) ? name : `sha256:${createHash('sha256').update(name).digest('hex')}`;
