import { z } from 'zod';
import { type Token, tokenId } from './token.ts';

/** A plugin's view of zod: enough to walk a schema from any copy of it. */
type Schema = z.core.$ZodType;
interface Def {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
  readonly items?: readonly Schema[];
}
const defOf = (schema: Schema): Def => schema._zod.def as unknown as Def;

/**
 * A config field that names a provider of a many-valued service: `order: z.array(nameOf(COMPRESSOR))`.
 * `kernel check` compares it with the names that the pipeline's plugins provide.
 */
export const nameOf = (service: Token<unknown>): z.ZodString => z.string().meta({ nameOf: tokenId(service) });

/** A config field that must never be shown: masked in status, and wherever its value would reach the log. */
export const secret = (): z.ZodString => z.string().meta({ secret: true });

const SECRET_NAME = /(?:token|secret|password|passphrase|api_?key|authorization|cookie|credential)s?$/i;
const URL_PASSWORD = /(\w:\/\/[^\s/:@]*:)([^\s/@]+)@/g;
export const MASK = '***';

interface Visit {
  readonly path: readonly PropertyKey[];
  readonly value: string;
  readonly nameOf: string | undefined;
  readonly secret: boolean;
}

/** Calls `visit` for each string of a parsed config, with what its schema says about it. */
export function visitStrings(schema: Schema, value: unknown, visit: (found: Visit) => void): void {
  const walk = (
    at: Schema | undefined,
    here: unknown,
    path: readonly PropertyKey[],
    marks: Pick<Visit, 'nameOf' | 'secret'>,
  ): void => {
    const meta = at && (z.globalRegistry.get(at) as { nameOf?: string; secret?: boolean } | undefined);
    const next = { nameOf: meta?.nameOf ?? marks.nameOf, secret: meta?.secret ?? marks.secret };
    const def = at && defOf(at);
    const inner = def?.innerType ?? def?.in;
    if (inner) return walk(inner, here, path, next);
    if (typeof here === 'string') {
      const marked = def?.options?.map((each) => z.globalRegistry.get(each) as { secret?: boolean } | undefined);
      visit({ path, value: here, ...next, secret: next.secret || (marked?.some((each) => each?.secret) ?? false) });
    } else if (Array.isArray(here)) {
      here.forEach((item, index) => {
        walk(def?.element ?? def?.items?.[index] ?? optionFor(def, item), item, [...path, index], next);
      });
    } else if (typeof here === 'object' && here !== null) {
      const fits = def?.options === undefined ? def : defOfNullable(optionFor(def, here));
      for (const [key, item] of Object.entries(here)) {
        const named = SECRET_NAME.test(key) ? { ...next, secret: true } : next;
        walk(fits?.shape?.[key] ?? fits?.valueType, item, [...path, key], named);
      }
    }
  };
  walk(schema, value, [], { nameOf: undefined, secret: false });
}

const defOfNullable = (schema: Schema | undefined): Def | undefined =>
  schema === undefined ? undefined : defOf(schema);

const optionFor = (def: Def | undefined, value: unknown): Schema | undefined =>
  def?.options?.find((option) => z.safeParse(option, value).success);

/** The names of the options at `path`, to find what a misspelt one meant. */
export function optionNames(schema: Schema, path: readonly PropertyKey[]): string[] {
  let here: Schema | undefined = schema;
  const unwrap = (): Def | undefined => {
    while (here !== undefined) {
      const def = defOf(here);
      const inner = def.innerType ?? def.in;
      if (inner === undefined) return def;
      here = inner;
    }
    return undefined;
  };
  for (const key of path) {
    const def = unwrap();
    here = def?.shape?.[String(key)] ?? def?.element ?? def?.valueType;
  }
  return Object.keys(unwrap()?.shape ?? {});
}

/** The values in a config that must not be shown. */
export function secretsOf(schema: Schema, config: unknown): string[] {
  const found: string[] = [];
  visitStrings(schema, config, ({ value, secret: hidden }) => {
    if (hidden) found.push(value);
    for (const [, , password] of value.matchAll(URL_PASSWORD)) found.push(password!);
  });
  return found;
}

/** A copy of a config that may be shown. */
export function maskConfig(schema: Schema, config: unknown): unknown {
  const copy = structuredClone(config);
  visitStrings(schema, config, ({ path, value, secret: hidden }) => {
    const shown = hidden && value !== '' ? MASK : value.replace(URL_PASSWORD, `$1${MASK}@`);
    if (shown === value) return;
    let holder = copy as Record<PropertyKey, unknown>;
    for (const key of path.slice(0, -1)) holder = holder[key] as Record<PropertyKey, unknown>;
    holder[path.at(-1)!] = shown;
  });
  return copy;
}
