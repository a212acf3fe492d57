import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Ajv, Options, ValidateFunction } from 'ajv';
import type { FormatsPlugin } from 'ajv-formats';
import type { JsonSchema } from './api.ts';
import { uniqueItems } from './unique-items.ts';
import { isUnsafePattern } from './unsafe-pattern.ts';

type Dialect = '2020' | '2019' | 'draft-07';
const MODULES: Readonly<Record<Dialect, string>> = {
  '2020': 'ajv/dist/2020.js',
  '2019': 'ajv/dist/2019.js',
  'draft-07': 'ajv',
};

/**
 * Compiled schemas. One compiler a dialect serves all tools; equal schemas share one compiled function. A schema is
 * compiled alone: what another server calls by the same `$id` is out of its sight.
 */
export class Validator {
  readonly #capacity: number;
  readonly #compilers = new Map<string, Ajv>();
  /** Content hash to function, least recently compiled first. */
  readonly #byContent = new Map<string, ValidateFunction>();
  readonly #bySchema = new WeakMap<JsonSchema, ValidateFunction>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Loads the compiler ahead of the first call. */
  warm(): void {
    this.#compiler('2020', false);
  }

  /** Compiles at the first use. Throws what the compiler says where the schema cannot be compiled. */
  check(schema: JsonSchema): ValidateFunction {
    return this.#bySchema.get(schema) ?? this.#compiled(schema);
  }

  /** All errors instead of the first one. Compiled again each time: only failed calls need it. */
  allErrors(schema: JsonSchema, parameters: unknown): NonNullable<ValidateFunction['errors']> {
    const check = this.#compile(schema, true);
    check(parameters);
    return check.errors ?? [];
  }

  #compiled(schema: JsonSchema): ValidateFunction {
    const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64');
    const known = this.#byContent.get(key);
    const check = known ?? this.#compile(schema, false);
    if (known) this.#byContent.delete(key);
    this.#byContent.set(key, check);
    if (this.#byContent.size > this.#capacity) this.#byContent.delete(this.#byContent.keys().next().value as string);
    this.#bySchema.set(schema, check);
    return check;
  }

  #compile(schema: JsonSchema, allErrors: boolean): ValidateFunction {
    const alone = isolated(schema);
    const compiler = hasInnerNames(alone)
      ? makeCompiler(dialect(schema), allErrors)
      : this.#compiler(dialect(schema), allErrors);
    try {
      return compiler.compile(alone);
    } finally {
      // It was filed under its name, or under none, so that `#` could mean it; the next one must not meet it.
      compiler.removeSchema(alone);
      delete compiler.refs[''];
    }
  }

  #compiler(dialect: Dialect, allErrors: boolean): Ajv {
    const key = `${dialect} ${allErrors}`;
    const known = this.#compilers.get(key);
    if (known) return known;
    const made = makeCompiler(dialect, allErrors);
    this.#compilers.set(key, made);
    return made;
  }
}

/** Loaded when the first call is checked: the compiler costs 50 ms to import. */
function makeCompiler(dialect: Dialect, allErrors: boolean): Ajv {
  const require = createRequire(import.meta.url);
  const { default: Compiler } = require(MODULES[dialect]) as { default: new (options: Options) => Ajv };
  const { default: addFormats } = require('ajv-formats') as { default: FormatsPlugin };
  const compiler = new Compiler({
    strict: false,
    allErrors,
    verbose: allErrors,
    validateSchema: false,
    logger: false,
    code: { regExp: Object.assign(expression, { code: 'pattern' }) },
  });
  addFormats(compiler);
  compiler.removeKeyword(uniqueItems.keyword as string).addKeyword(uniqueItems);
  return compiler;
}

/**
 * A server's pattern runs on a caller's text in our process. One that may take exponential time is left to the server:
 * it matches everything here. Patterns that are no longer legal with the `u` flag are read without it.
 */
function expression(pattern: string, flags: string): RegExp {
  const made = legal(pattern, flags);
  return isUnsafePattern(pattern) ? /^/ : made;
}

function legal(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}

function dialect(schema: JsonSchema): Dialect {
  const declared = typeof schema.$schema === 'string' ? schema.$schema : '';
  if (/draft-0[3-7]/.test(declared)) return 'draft-07';
  return declared.includes('2019-09') ? '2019' : '2020';
}

/**
 * A shallow copy that the compiler may file and forget, without the name that could meet others. A reference to that
 * name means the schema itself.
 */
function isolated(schema: JsonSchema): Record<string, unknown> {
  const { $schema: _dialect, $id: name, id: _oldName, ...rest } = schema;
  const text = typeof name === 'string' ? JSON.stringify(rest) : '';
  const own = `"$ref":${JSON.stringify(name)}`;
  return text.includes(own) ? (JSON.parse(text.replaceAll(own, '"$ref":"#"')) as Record<string, unknown>) : rest;
}

/** A compiler remembers names inside a schema for good; such a schema gets a compiler of its own. */
const hasInnerNames = (schema: JsonSchema): boolean => /"(\$id|id)":"[^#]/.test(JSON.stringify(schema));
