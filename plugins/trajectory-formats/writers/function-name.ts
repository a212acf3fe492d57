import type { RunCall, RunToolDefinition } from '../api.ts';

/** APIs take names of functions of these characters, 64 at most. */
const named = (name: string): string => name.replace(/[^\w-]/g, '_').slice(0, 64) || 'tool';

/** `server__tool`, the same for a definition and for its calls. A command of the shell is a call of `shell`. */
export const functionName = ({ server, name, via }: RunCall['tool']): string =>
  via === 'shell' ? 'shell' : named(server === undefined ? name : `${server}__${name}`);

export const functionOf = ({ server, name, description, inputSchema }: RunToolDefinition): Record<string, unknown> => ({
  type: 'function',
  function: {
    name: named(server === undefined ? name : `${server}__${name}`),
    ...(description !== undefined && { description }),
    parameters: inputSchema ?? { type: 'object', properties: {} },
  },
});
