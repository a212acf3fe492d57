import { SCOPES, type Scope } from './api.ts';

const ALL: ReadonlySet<Scope> = new Set(SCOPES);
const isScope = (name: unknown): name is Scope => ALL.has(name as Scope);

export const withImplied = (scopes: Iterable<Scope>): ReadonlySet<Scope> => {
  const set = new Set(scopes);
  return set.has('admin') ? ALL : set;
};

/** A token's claim: text with spaces between the scopes (RFC 8693), or a list. Scopes of other servers are left out. */
export const scopesOf = (claim: unknown): ReadonlySet<Scope> => {
  const names: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return withImplied(names.filter(isScope));
};
