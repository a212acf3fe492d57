import { z } from 'zod';

const ms = (otherwise: number, least: number, text: string) =>
  z.number().int().min(least).max(3_600_000).default(otherwise).describe(`${text}, in milliseconds`);

const PORT = 'expected a whole number from 0 to 65535';

export const httpConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on; beyond loopback only with auth'),
  port: z
    .number(PORT)
    .int(PORT)
    .min(0, PORT)
    .max(65_535, PORT)
    .default(8090)
    .describe('port to listen on; 0 takes any free one'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('the URL that clients use, where a proxy stands in front; names this server in OAuth'),
  allowedHosts: z
    .array(z.string().min(1))
    .default([])
    .describe('more Host names to answer to, besides loopback and the address itself; `*.example.org` for subdomains'),
  allowedOrigins: z
    .array(z.string().min(1))
    .default([])
    .describe('web origins that may call, besides loopback and the server itself, e.g. `https://app.example.org`'),
  cors: z.boolean().default(true).describe('answer allowed web origins with CORS headers'),
  bodyLimitBytes: z.number().int().min(1_024).default(4_194_304).describe('the largest request body of a route'),
  bodyDepth: z.number().int().min(8).max(1_000).default(128).describe('the deepest nesting of a JSON body'),
  requestTimeoutMs: ms(60_000, 100, 'how long a client may take to send a whole request'),
  headersTimeoutMs: ms(15_000, 100, 'how long a client may take to send the headers'),
  keepAliveMs: ms(65_000, 0, 'how long an idle connection is kept; longer than that of a proxy in front'),
  drainMs: ms(3_000, 0, 'how long requests in flight may go on when the server stops'),
  recheckMs: ms(5_000, 100, 'how often the senders of open streams and sockets are asked again who they are'),
  maxConnections: z.number().int().min(1).default(10_000).describe('connections at once; more are refused'),
  maxHeaderBytes: z.number().int().min(1_024).max(1_048_576).default(16_384).describe('the largest request head'),
  tls: z
    .strictObject({
      certFile: z.string().min(1).describe('certificate chain, PEM'),
      keyFile: z.string().min(1).describe('private key, PEM'),
    })
    .optional()
    .describe('serve HTTPS'),
});
export type HttpConfig = z.output<typeof httpConfig>;
