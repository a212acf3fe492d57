import { z } from 'zod';

const text = z.string().min(1);
/** What is handed to the system: it takes no NUL. */
const noNul = (value: string): boolean => !value.includes('\0');
const NUL = 'it contains a NUL character';
const systemText = text.refine(noNul, NUL);
const scalarText = z.union([z.string(), z.number(), z.boolean()]).transform(String).refine(noNul, NUL);
/** RFC 9110: a token, and a value without control characters, so that no value smuggles in another header. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerValue = scalarText.refine((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value), 'no header can carry it');
const map = (value: z.ZodType<string, string | number | boolean>) => z.record(z.string(), value);
const ms = (least: number) => z.number().int().min(least).max(86_400_000);

const launchKeys = {
  command: systemText.optional().describe('program that speaks MCP over stdio'),
  args: z.array(scalarText).optional().describe('its arguments'),
  env: map(scalarText).optional().describe('its environment, in addition to the basic one; also over envFile'),
  envFile: text.optional().describe('file of NAME=value lines for its environment'),
  cwd: systemText.optional().describe('its working directory; relative to where this server was started'),
  url: text.optional().describe('address of a running server: http(s)://, ws(s)://, unix:/path'),
  headers: map(headerValue)
    .refine((headers) => Object.keys(headers).every((name) => HEADER_NAME.test(name)), 'a name is no header name')
    .optional()
    .describe('sent with every request to the url'),
  module: text.optional().describe('module that exports createServer(options), or tools; runs in this process'),
  options: z.record(z.string(), z.unknown()).optional().describe('given to createServer of the module'),
};

const TRANSPORTS = ['stdio', 'http', 'streamable-http', 'streamableHttp', 'sse', 'ws', 'websocket', 'unix'] as const;
const toolDefinition = z.looseObject({ name: text, inputSchema: z.record(z.string(), z.unknown()) });

/** One server. What is not here and not a key of another client is a mistake. */
export const serverEntry = z.looseObject({
  ...launchKeys,
  type: z.enum(TRANSPORTS).optional().describe('how to talk to it; default: by command and url'),
  transport: z.enum(TRANSPORTS).optional().describe('the same as type'),
  disabled: z.boolean().optional().describe('true: left out'),
  enabled: z.boolean().optional().describe('false: left out'),
  title: z.string().optional().describe('name for people'),
  description: z.string().optional().describe('what it is for'),
  aliases: z.array(text).optional().describe('other names under which it is found'),
  toolkit: text.optional().describe('group that its tools belong to'),
  capabilities: z.array(text).optional().describe('what its tools can do, in a few words'),
  start: z.enum(['eager', 'lazy']).optional().describe('eager: connected at start; lazy: at the first call'),
  connection: z.enum(['shared', 'session', 'user']).optional().describe('one connection for all, or one each'),
  pool: z
    .strictObject({
      warm: z.number().int().min(0).max(64).optional().describe('connections kept ready'),
      max: z.number().int().min(1).max(1024).optional().describe('most connections at a time'),
    })
    .optional()
    .describe('with connection session or user'),
  protocol: z.enum(['auto', 'legacy', 'modern']).optional().describe('protocol era; auto asks the server'),
  timeouts: z
    .strictObject({
      connectMs: ms(10).optional().describe('start and handshake'),
      callMs: ms(10).optional().describe('one call'),
      idleMs: ms(0)
        .optional()
        .describe('unused lazy, session and user connections are closed after this; 0 keeps them'),
    })
    .optional()
    .describe('limits in milliseconds'),
  replicas: z
    .union([z.number().int().min(1).max(64), z.array(z.strictObject(launchKeys)).min(1).max(64)])
    .optional()
    .describe('how many of it share the load; or one partial launch each, laid over this entry'),
  mainTool: text.optional().describe('the tool that runs where only the server is named'),
  manifest: z
    .union([text, z.array(toolDefinition)])
    .optional()
    .describe('tools known before the first connection: a JSON file, or the list'),
});
export type ServerEntry = z.output<typeof serverEntry>;
export type LaunchEntry = Pick<ServerEntry, keyof typeof launchKeys>;

/** Keys of other clients that mean nothing here: permissions, user interface, their own limits. */
export const FOREIGN_KEYS: ReadonlySet<string> = new Set(
  `alwaysAllow autoApprove allowedTools disabledTools enabledTools includeTools excludeTools tools trust timeout
   networkTimeout icon iconUrl gallery version dev sandbox sandboxEnabled oauth auth metadata note notes name id provider
   providerUrl logoUrl tags author homepage isActive from remoteConfigured $comment comment _comment`.split(/\s+/),
);
/** What other clients call the url. */
export const URL_KEYS = ['url', 'httpUrl', 'serverUrl', 'baseUrl'] as const;

export const KNOWN_KEYS: readonly string[] = Object.keys(serverEntry.shape);
export const SERVER_KEYS = ['mcpServers', 'servers'] as const;

/** The whole file, for editors. */
export const configFile = z
  .looseObject({
    $schema: z.string().optional(),
    mcpServers: z
      .record(z.string(), serverEntry)
      .optional()
      .describe('servers by id, as Claude Desktop and Cursor have them'),
    servers: z.record(z.string(), serverEntry).optional().describe('the same, as VS Code has it'),
    inputs: z.array(z.unknown()).optional().describe('ignored: nobody can be asked here'),
  })
  .describe('MCP servers of this tool server. Comments and trailing commas are fine.');

export const mcpJsonSchema = (): unknown => z.toJSONSchema(configFile, { io: 'input' });
