import { z } from 'zod';
import type { ToolSchema } from '#plugins/llm/api';
import type { Observation } from '../observation.ts';

/** A tool of the runtime itself: it acts on the run, and is on no server. */
export interface OwnTool {
  readonly schema: ToolSchema;
  /** `args` are checked. Rejects only to end the run: with StopRun, or the signal's reason. */
  call(args: unknown, call: OwnCall): Promise<Observation>;
}
export interface OwnCall {
  /** Id of the call in the history. */
  readonly call: string;
  readonly signal: AbortSignal;
}

export type Problem = { readonly problem: string };

/** Types of `call`'s arguments come from the schema; what does not fit is told to the model. */
export function ownTool<S extends z.ZodObject>(
  name: string,
  description: string,
  args: S,
  call: (args: z.output<S>, call: OwnCall) => Promise<Observation> | Observation,
): OwnTool {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(args, { io: 'input' });
  return {
    schema: { name, description, inputSchema },
    call: async (given, about) => {
      const checked = args.safeParse(given);
      if (checked.success) return call(checked.data, about);
      const problems = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`);
      return {
        text: `ARGUMENTS_INVALID: ${problems.join('; ')}`,
        isError: true,
        code: 'ARGUMENTS_INVALID',
        artifacts: [],
      };
    },
  };
}
