import { z } from 'zod';

const count = (fallback: number, least = 1) => z.number().int().min(least).default(fallback);

const server = z.strictObject({
  transport: z.enum(['stdio', 'http']).default('stdio').describe('http: it listens on a port, and its container stays'),
  port: count(3_000).describe('port inside the container, for http; given to it as PORT and MCP_SERVER_PORT'),
  path: z.string().startsWith('/').default('/mcp').describe('path of its MCP endpoint, for http'),
  volume: z
    .boolean()
    .default(false)
    .describe('give it a named volume at /data, also where it does not ask with {data}'),
  folder: z.string().default('').describe('build the image from this folder instead of fetching it'),
  dockerfile: z.string().default('').describe('Dockerfile in the folder; empty: Dockerfile if there is one, else made'),
});
export type ServerConfig = z.output<typeof server>;

export const containersConfig = z.strictObject({
  dir: z.string().min(1).default('data/containers').describe('folder for image tars, and for what is to run'),
  socket: z
    .string()
    .default('')
    .describe('socket of the Docker Engine, or tcp://HOST:PORT; empty: DOCKER_HOST, else /var/run/docker.sock'),
  baseImage: z.string().min(1).default('node:24-slim').describe('image with Node that servers are built upon'),
  user: z
    .string()
    .regex(/^[1-9]\d*:[1-9]\d*$/)
    .default('1000:1000')
    .describe('user and group of servers, never root'),
  servers: z
    .record(z.string(), server)
    .default({})
    .describe('by identity, such as npm:NAME or oci:IMAGE: transport, port, path, volume, folder, dockerfile'),
  pull: z.boolean().default(true).describe('fetch images that are not here from their registry'),
  npm: z.string().default('').describe('path of npm; empty: the one beside Node, else the first in PATH'),
  registry: z.string().default('').describe('where packages come from; empty: as the npm configuration says'),
  installMs: count(300_000).describe('longest that npm may take, in milliseconds'),
  buildMs: count(600_000).describe('longest that building or fetching an image may take, in milliseconds'),
  contextMb: count(1_024).describe('largest build context, in MiB'),
  cacheMb: count(4_096, 0).describe(
    'image tars take so much of the disk, least recently used go first; 0: none are kept',
  ),
  firstPort: count(8_100).describe('first port on loopback for http servers'),
  lastPort: count(8_200).describe('last port on loopback for http servers'),
  tmpMb: count(64).describe('size of /tmp and of /dev/shm of a server, in MiB'),
  logKb: count(1_024).describe('log of an http server is rotated at this size, in KiB; one older is kept'),
  pingMs: count(2_000).describe('longest that the start waits for the engine, in milliseconds'),
  callMs: count(30_000).describe('longest that a short call to the engine may take, in milliseconds'),
  engineMs: count(15_000, 0).describe(
    'a server that is started waits so long for an engine that is gone, in milliseconds',
  ),
  reconnectMs: count(2_000).describe('between two looks for an engine that is gone, in milliseconds'),
  watchMs: count(5_000).describe('between two comparisons of what runs with what is to run, in milliseconds'),
  startMs: count(30_000).describe('longest until an http server answers, in milliseconds'),
  unhealthy: count(3).describe('an http server that does not answer so many times in a row is restarted'),
  stopMs: count(800, 0).describe('between SIGTERM and the end by force, in milliseconds'),
});
export type ContainersConfig = z.output<typeof containersConfig>;
