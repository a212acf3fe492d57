import { z } from 'zod';
import { secret } from '#kernel';

const ms = (otherwise: number, least: number, most: number, text: string) =>
  z.number().int().min(least).max(most).default(otherwise).describe(`${text}, in milliseconds`);

export const toolClientConfig = z.strictObject({
  url: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })])
    .default('')
    .describe('address of the tool server; empty: the tools of this process'),
  apiKey: secret().default('').describe('key for that server, with tools:read, tools:call and tools:write'),
  waitMs: ms(30_000, 0, 600_000, 'how long `ready` waits for a server that is not up yet'),
  callMs: ms(600_000, 100, 86_400_000, 'longest call where the caller sets no limit'),
  requestMs: ms(10_000, 100, 600_000, 'longest request that is no call'),
  retryMs: ms(10_000, 0, 600_000, 'how long a call that is safe to send again is, while the server cannot be reached'),
  maxOutputBytes: z
    .number()
    .int()
    .min(1_024)
    .max(67_108_864)
    .default(1_048_576)
    .describe('longer text of a tool is cut, with a line that says so; larger artifacts lose their data'),
  maxResponseBytes: z
    .number()
    .int()
    .min(65_536)
    .max(536_870_912)
    .default(67_108_864)
    .describe('a longer answer of the server is not read to its end, and the call fails with RESULT_TOO_LARGE'),
  direct: z
    .boolean()
    .default(false)
    .describe('call shared HTTP servers by MCP at their own mount on the server, not by REST'),
  events: z
    .strictObject({
      listMs: ms(25, 0, 10_000, 'the listing is read at most so often'),
      pollMs: ms(
        150,
        20,
        60_000,
        'how often the listing is asked for while the event socket is down and somebody waits',
      ),
      reconnectMs: ms(250, 10, 60_000, 'first pause before the event socket is opened again; it doubles, with jitter'),
      maxReconnectMs: ms(2_000, 10, 600_000, 'longest such pause'),
      heartbeatMs: ms(2_000, 50, 600_000, 'a socket on which nothing came for two of these is given up'),
    })
    .prefault({})
    .describe('how changes of the tools are followed'),
});
export type ToolClientConfig = z.output<typeof toolClientConfig>;
