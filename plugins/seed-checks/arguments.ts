import { z } from 'zod';
import { isFault } from '#kernel';
import type { EvidenceStep, SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import { hasFailed } from './call-failure.ts';
import { isRedacted, misfitOf } from './schema-fit.ts';
import { listed, sameTool } from './tool-names.ts';
import { lookUp, schemaOfRun, speaks } from './tool-sources.ts';
import { failed, passed, unverified, type Verdict } from './verdict.ts';

type Problem = (args: EvidenceStep['args']) => string | undefined;

/** What the run gave to the expected tools fits their input schemas: those of the registry, else those of the record. */
export class ArgumentsCheck implements SeedCheck {
  readonly #registry: ToolRegistry | undefined;

  constructor(registry: ToolRegistry | undefined) {
    this.#registry = registry;
  }

  async check({ expected_tools }: SeedDraft, evidence: SeedEvidence): Promise<Verdict> {
    if (expected_tools.length === 0) return unverified('no tool is expected');
    const unknown: string[] = [];
    const uncalled: string[] = [];
    let calls = 0;
    for (const name of expected_tools) {
      // A call that came back with an error may well have had wrong arguments: the agent learnt from it.
      const used = evidence.steps.filter((step) => sameTool(step.tool, name) && !hasFailed(step));
      const problem = this.#checkOf(name, evidence);
      if (problem === undefined) unknown.push(name);
      else if (used.length === 0) uncalled.push(name);
      else {
        for (const { step, args } of used) {
          const what = problem(args);
          if (what !== undefined) return failed(`arguments of "${name}" in step ${step} do not fit: ${what}`);
        }
        calls += used.length;
      }
    }
    const figures = { calls };
    if (unknown.length > 0)
      return { ...unverified(`no input schema is known of ${listed(unknown)}`), needs: 'input schemas', figures };
    if (uncalled.length > 0) return { ...unverified(`the run has no good call of ${listed(uncalled)}`), figures };
    return { ...passed, figures };
  }

  #checkOf(name: string, evidence: SeedEvidence): Problem | undefined {
    const registry = this.#registry;
    if (speaks(registry)) {
      const lookup = lookUp(registry, name);
      if (lookup.found === 'tool' && lookup.tool.schemaProblem === undefined)
        return (args) => registryProblem(registry, lookup.tool, args);
    }
    const schema = schemaOfRun(evidence, name);
    if (schema === undefined || Object.keys(schema).length === 0) return undefined;
    return (args) => {
      const misfit = misfitOf(args, schema);
      return misfit && (misfit.path === '' ? misfit.what : `${misfit.path} ${misfit.what}`);
    };
  }
}

const problemsSchema = z.array(z.object({ path: z.string(), problem: z.string(), expected: z.string() }));

/** What the registry says, but of values that redaction took away. */
function registryProblem(registry: ToolRegistry, tool: Tool, args: EvidenceStep['args']): string | undefined {
  try {
    registry.validate(tool, args);
    return undefined;
  } catch (error) {
    if (!isFault(error) || error.code !== 'ARGUMENTS_INVALID') throw error;
    const problems = problemsSchema.safeParse(error.data?.problems);
    if (!problems.success || problems.data.length === 0) return error.message;
    const left = problems.data.filter(({ path }) => !isRedacted(path) && !isRedacted(pointed(args, path)));
    return left[0] && `${left[0].path} ${left[0].problem}, expected ${left[0].expected}`;
  }
}

/** What a JSON pointer points at. */
function pointed(value: unknown, pointer: string): unknown {
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
