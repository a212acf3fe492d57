import { fault, reason } from '#kernel';
import type { JsonSchema, Tool } from './api.ts';
import { argumentProblems, sentence } from './argument-problems.ts';
import type { RegistryConfig } from './config.ts';
import { shape } from './shape.ts';
import { Validator } from './validator.ts';

/** Larger arguments get their first problem only: listing all of them could cost more than the call. */
const LIST_ALL_BYTES = 65_536;

/** Whether arguments fit a tool, and where they do not, each problem in words. */
export class ArgumentCheck {
  readonly #maxProblems: number;
  readonly #validator: Validator;
  /** Told of a tool whose schema the compiler refuses. */
  readonly #uncheckable: (tool: Tool, problem: string) => void;

  constructor({ cache, maxProblems }: RegistryConfig['schemas'], uncheckable: (tool: Tool, problem: string) => void) {
    this.#maxProblems = maxProblems;
    this.#validator = new Validator(cache);
    this.#uncheckable = uncheckable;
  }

  /** Loads the compiler ahead of the first call. */
  warm(): void {
    this.#validator.warm();
  }

  check(tool: Tool, parameters: unknown): void {
    if (tool.schemaProblem !== undefined) return;
    const schema = tool.definition.inputSchema;
    let fitting: ReturnType<Validator['check']>;
    try {
      fitting = this.#validator.check(schema);
    } catch (error) {
      this.#uncheckable(tool, reason(error));
      return;
    }
    let misfit: Error;
    try {
      if (fitting(parameters ?? {})) return;
      misfit = this.#misfit(tool, schema, parameters ?? {});
    } catch (error) {
      // A recursive schema follows its arguments as deep as they go: the fault is theirs, not the schema's.
      throw unfit(tool, `they cannot be checked, ${reason(error)}; are they nested too deep?`);
    }
    throw misfit;
  }

  #misfit(tool: Tool, schema: JsonSchema, parameters: unknown): Error {
    const small = (JSON.stringify(parameters)?.length ?? 0) <= LIST_ALL_BYTES;
    const errors = small ? this.#validator.allErrors(schema, parameters) : (this.#validator.check(schema).errors ?? []);
    const problems = argumentProblems(errors, schema, this.#maxProblems);
    const text = problems.map(sentence).join('; ');
    return unfit(tool, text, `send ${shape(schema)}`, problems);
  }
}

const unfit = (tool: Tool, text: string, hint?: string, problems: readonly unknown[] = []): Error =>
  fault('ARGUMENTS_INVALID', `the arguments do not fit "${tool.id}": ${text}`, {
    kind: 'invalid',
    ...(hint !== undefined && { hint }),
    data: { tool: tool.id, problems },
  });
