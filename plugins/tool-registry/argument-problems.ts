import type { ErrorObject } from 'ajv';
import { nearest } from '#kernel';
import type { JsonSchema } from './api.ts';
import { isObject } from './schema-check.ts';
import { literal, resolveLocal, shape } from './shape.ts';

/** One thing that does not fit, for machines (`data.problems`) and, joined, for the message. */
export interface ArgumentProblem {
  /** JSON pointer into the arguments; empty for the arguments themselves. */
  readonly path: string;
  readonly problem: string;
  readonly got: string;
  /** What fits there. */
  readonly expected: string;
}

/** The compiler's errors, each place once, written so that whoever made the call can repair it. */
export function argumentProblems(errors: readonly ErrorObject[], schema: JsonSchema, most: number): ArgumentProblem[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  const seen = new Set<string>();
  const problems: ArgumentProblem[] = [];
  for (const error of errors) {
    if (error.keyword === 'if' || choices.some((choice) => isInside(error, choice))) continue;
    const problem = explain(error, schema);
    const key = `${problem.path} ${problem.problem}`;
    if (seen.has(key)) continue;
    seen.add(key);
    problems.push(problem);
    if (problems.length === most) break;
  }
  return problems;
}

/** The branches of a choice each complain; the choice itself says it better. */
function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  if (error === choice || !`${error.instancePath}/`.startsWith(`${choice.instancePath}/`)) return false;
  if (error.schemaPath.startsWith(`${choice.schemaPath}/`)) return true;
  const byReference =
    Array.isArray(choice.schema) && choice.schema.some((branch) => isObject(branch) && '$ref' in branch);
  return byReference && /^#\/(\$defs|definitions)\//.test(error.schemaPath);
}

function explain(error: ErrorObject, root: JsonSchema): ArgumentProblem {
  const here = error.instancePath;
  const params = error.params as Record<string, unknown>;
  const parent = (error.parentSchema ?? {}) as Record<string, unknown>;
  const got = kindOf(error.data);
  switch (error.keyword) {
    case 'required': {
      const name = String(params.missingProperty);
      const expected = shape(property(parent, name, root), root);
      return { path: `${here}/${pointer(name)}`, problem: 'is missing', got: 'nothing', expected };
    }
    case 'dependentRequired':
    case 'dependencies': {
      const name = String(params.missingProperty);
      const problem = `is missing (needed with "${params.property}")`;
      return {
        path: `${here}/${pointer(name)}`,
        problem,
        got: 'nothing',
        expected: shape(property(parent, name, root), root),
      };
    }
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty);
      const known = isObject(parent.properties) ? Object.keys(parent.properties) : [];
      const near = nearest(name, known, 1)[0];
      const expected = near ? `did you mean "${near}"?` : known.length > 0 ? `one of ${quoted(known)}` : 'no property';
      return {
        path: `${here}/${pointer(name)}`,
        problem: 'is not a known property',
        got: literal(valueAt(error.data, name)),
        expected,
      };
    }
    case 'enum':
    case 'const': {
      const values = error.keyword === 'const' ? [params.allowedValue] : (params.allowedValues as unknown[]);
      const texts = values.filter((value) => typeof value === 'string');
      const near = typeof error.data === 'string' ? nearest(error.data, texts, 1)[0] : undefined;
      const expected = shape({ enum: values }) + (near ? ` (did you mean "${near}"?)` : '');
      return { path: here, problem: 'is not one of the allowed values', got, expected };
    }
    case 'type':
      return { path: here, problem: 'has the wrong type', got, expected: shape(parent, root) };
    case 'anyOf':
    case 'oneOf': {
      const many = error.keyword === 'oneOf' && Array.isArray(params.passingSchemas);
      const problem = many ? 'fits more than one of the forms' : 'fits none of the forms';
      return { path: here, problem, got, expected: shape({ anyOf: error.schema }, root) };
    }
    case 'format':
      return { path: here, problem: `is not a valid ${params.format}`, got, expected: shape(parent, root) };
    default:
      return {
        path: here,
        problem: error.message ?? `does not fit "${error.keyword}"`,
        got,
        expected: shape(parent, root),
      };
  }
}

const property = (parent: Record<string, unknown>, name: string, root: JsonSchema): unknown => {
  for (const schema of [parent, root]) {
    const { properties } = schema;
    if (isObject(properties) && Object.hasOwn(properties, name)) return resolveLocal(properties[name], root);
  }
  return {};
};

const valueAt = (data: unknown, name: string): unknown => (isObject(data) ? data[name] : undefined);
const pointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const quoted = (names: readonly string[]): string =>
  names
    .slice(0, 20)
    .map((name) => `"${name}"`)
    .join(', ');

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (typeof value === 'object') return `object ${literal(value)}`;
  return value === undefined ? 'nothing' : `${typeof value} ${literal(value)}`;
}

export const sentence = ({ path, problem, got, expected }: ArgumentProblem): string =>
  `${path === '' ? 'the arguments' : path} ${problem}: got ${got}, fits ${expected}`;
