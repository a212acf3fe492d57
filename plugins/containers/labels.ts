import { BRIDGE_LABEL } from './attach/plan.ts';

export { BRIDGE_LABEL };
/** Which of the kernels on this engine it belongs to. */
export const INSTANCE_LABEL = 'mcp.instance';
export const SERVER_LABEL = 'mcp.server.id';
/** Digest of how a container runs: one with another is made again. */
export const SPEC_LABEL = 'mcp.spec';
/** Digest of what an image was made of. */
export const RECIPE_LABEL = 'mcp.recipe';

export function labelsOf(instance: string, server: string, name: string): Record<string, string> {
  return {
    [SERVER_LABEL]: server,
    'mcp.server.name': name,
    'mcp.manager': 'toolscore',
    'mcp.auto-recover': 'true',
    [INSTANCE_LABEL]: instance,
  };
}
