import { z } from 'zod';
import type { FunctionTool } from '#plugins/tool-registry/api';

/** Function tools of a module. */
export const tools: FunctionTool[] = [
  {
    name: 'shout',
    description: 'In capitals',
    parameters: z.strictObject({ text: z.string(), mark: z.string().default('!') }),
    run: ({ text, mark }) => `${String(text).toUpperCase()}${mark}`,
  },
];
