import { z } from 'zod';
import { fault, nearest } from '#kernel';
import { executeBody } from './execute.ts';

const name = z.string().min(1).max(256);
const requestId = z.union([z.string().max(256), z.number()]).optional();
const toolDefinition = z.looseObject({
  name,
  description: z.string().optional(),
  inputSchema: z.record(z.string(), z.unknown()).default({ type: 'object' }),
});

/** What clients of the event socket may say; `request_id` comes back in the answer. */
export const clientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping'), request_id: requestId }),
  z.object({ type: z.literal('list_tools'), request_id: requestId }),
  z.object({
    type: z.literal('subscribe'),
    request_id: requestId,
    types: z.array(name).max(100).optional(),
    since: z.number().int().min(0).optional(),
  }),
  z.object({
    type: z.literal('execute_tool'),
    request_id: z.union([z.string().max(256), z.number()]),
    tool_id: name,
    ...executeBody.shape,
  }),
  z.object({ type: z.literal('cancel_tool'), request_id: z.union([z.string().max(256), z.number()]) }),
  z.object({
    type: z.literal('register_tool'),
    request_id: requestId,
    tool_id: name.optional(),
    name: name.optional(),
    description: z.string().max(10_000).optional(),
    capabilities: z.array(z.string().max(256)).max(100).optional(),
    toolkit: name.optional(),
    version: z.string().max(100).optional(),
    tools: z.array(toolDefinition).max(1_000).optional(),
    main_tool: name.optional(),
    protocol: z.enum(['messages', 'mcp']).default('messages'),
  }),
  z.object({ type: z.literal('unregister_tool'), request_id: requestId, tool_id: name }),
  z.object({
    type: z.literal('execute_tool_result'),
    request_id: z.string().max(256),
    success: z.boolean().default(true),
    result: z.unknown().optional(),
    error: z.unknown().optional(),
  }),
]);
export type ClientMessage = z.output<typeof clientMessage>;
export type RegisterMessage = Extract<ClientMessage, { type: 'register_tool' }>;
export type ExecuteMessage = Extract<ClientMessage, { type: 'execute_tool' }>;
export type ResultMessage = Extract<ClientMessage, { type: 'execute_tool_result' }>;

export const CLIENT_MESSAGES: readonly string[] = clientMessage.options.map((option) => option.shape.type.value);

/** Any JSON object; it may also be JSON-RPC. Fault MESSAGE_INVALID. */
export function parseMessage(text: string): Readonly<Record<string, unknown>> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw fault('MESSAGE_INVALID', 'this is not JSON', { kind: 'invalid' });
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw fault('MESSAGE_INVALID', 'a message is a JSON object with a type', { kind: 'invalid' });
  return message as Record<string, unknown>;
}

/** Faults MESSAGE_UNKNOWN, MESSAGE_INVALID. */
export function checkMessage(message: Readonly<Record<string, unknown>>): ClientMessage {
  const parsed = clientMessage.safeParse(message);
  if (parsed.success) return parsed.data;
  const type = String(message.type);
  if (!CLIENT_MESSAGES.includes(type))
    throw fault('MESSAGE_UNKNOWN', `there is no message of type "${type.slice(0, 100)}"`, {
      kind: 'invalid',
      alternatives: nearest(type.slice(0, 100), CLIENT_MESSAGES),
      hint: `known: ${CLIENT_MESSAGES.join(', ')}`,
    });
  const problems = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message: problem }) => `${path.join('.')}: ${problem}`);
  throw fault('MESSAGE_INVALID', `${type}: ${problems.join('; ').slice(0, 1_000)}`, { kind: 'invalid' });
}
