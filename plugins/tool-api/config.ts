import { z } from 'zod';

export const toolApiConfig = z.strictObject({
  allowCommands: z
    .union([z.boolean(), z.literal('loopback')])
    .default('loopback')
    .describe(
      'whether an admin may register servers that are programs (command, module); loopback: only where this server listens on loopback',
    ),
  privateAddresses: z
    .enum(['admin', 'writers'])
    .default('admin')
    .describe(
      'who may register servers at addresses of this machine and its own networks: admins, or everybody with tools:write',
    ),
  maxCallMs: z
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .default(600_000)
    .describe('the longest limit a caller may ask for'),
  events: z
    .strictObject({
      maxSockets: z.number().int().min(1).default(1_000).describe('event sockets at once'),
      maxMessageBytes: z.number().int().min(1_024).default(4_194_304).describe('the largest message of a client'),
      maxBufferedBytes: z
        .number()
        .int()
        .min(1_024)
        .default(8_388_608)
        .describe('a client that reads so slowly that more waits for it is closed (code 1013)'),
      maxCalls: z.number().int().min(1).default(64).describe('calls in flight for one client'),
      maxServers: z.number().int().min(1).default(32).describe('servers that one client may register'),
      heartbeatMs: z
        .number()
        .int()
        .min(100)
        .max(3_600_000)
        .default(25_000)
        .describe('how often clients are pinged; who is silent for two rounds is dropped'),
      replay: z.number().int().min(0).default(1_000).describe('events kept for clients that were away'),
    })
    .prefault({})
    .describe('limits of the event socket'),
});
export type ToolApiConfig = z.output<typeof toolApiConfig>;
