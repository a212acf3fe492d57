/**
 * Tokens name services. A token is a global symbol, so the copy of an `api.ts` that a reloaded plugin imports
 * and the copy that its consumers hold are the same token. Its type parameter is the service's interface.
 */
declare const serviceType: unique symbol;
export type Token<T> = symbol & { readonly [serviceType]?: T };

/** `id` reads `domain.thing`, e.g. `job.queue`; `kernel check` prints it in its problems. */
export const token = <T>(id: string): Token<T> => Symbol.for(id) as Token<T>;

export const tokenId = (of: symbol): string => of.description ?? String(of);

/** One named provider of a many-valued service: `provides: { prune: many(COMPRESSOR, 'prune') }`. */
export interface Many<T> {
  readonly many: Token<T>;
  readonly name: string;
}
export const many = <T>(of: Token<T>, name: string): Many<T> => ({ many: of, name });

/** Every provider of a many-valued service, by name: `requires: { compressors: all(COMPRESSOR) }`. */
export interface All<T> {
  readonly all: Token<T>;
}
export const all = <T>(of: Token<T>): All<T> => ({ all: of });

export const isMany = (value: unknown): value is Many<unknown> =>
  typeof value === 'object' && value !== null && 'many' in value;
export const isAll = (value: unknown): value is All<unknown> =>
  typeof value === 'object' && value !== null && 'all' in value;
