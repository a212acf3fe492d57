import { createHash } from 'node:crypto';
import type { KeyedCall } from './api.ts';
import type { Asked } from './call-table.ts';

export const askedOf = ({ asked, tool, args, session }: KeyedCall<unknown>): Asked => ({
  asked,
  tool,
  arguments: createHash('sha256')
    .update(JSON.stringify([sorted(args), session ?? null]))
    .digest('base64url'),
});

/** The same arguments for the same tool, in whatever spelling. */
export const isSame = (one: Asked, other: Asked): boolean =>
  one.arguments === other.arguments &&
  (one.asked === other.asked || (one.tool !== undefined && one.tool === other.tool));

/** The order of members makes no difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // As a list: a member named `__proto__` would vanish from an object.
  return { o: entries.map(([name, member]) => [name, sorted(member)]) };
}
