import type { JsonSchema, ServerSpec, ToolDefinition } from '../../../plugins/tool-registry/api.ts';

export const spec = (id: string, more: Partial<ServerSpec> = {}): ServerSpec => ({
  id,
  launches: [{ kind: 'stdio', command: 'node', args: [`${id}.js`], env: {} }],
  start: 'lazy',
  connection: 'shared',
  pool: { warm: 0, max: 1 },
  protocol: 'auto',
  timeouts: { connectMs: 1000, callMs: 1000, idleMs: 0 },
  owner: 'test',
  ...more,
});

export const tool = (
  name: string,
  properties: Record<string, unknown> = {},
  more: JsonSchema = {},
): ToolDefinition => ({
  name,
  description: `does ${name}`,
  inputSchema: { type: 'object', properties, ...more },
});
