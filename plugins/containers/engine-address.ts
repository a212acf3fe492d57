import type { EngineAddress } from './attach/plan.ts';

const DEFAULT = '/var/run/docker.sock';
const TCP_PORT = 2_375;

/** As written in the options, or in DOCKER_HOST. */
export function engineAddress(written: string): EngineAddress {
  const where = written || process.env.DOCKER_HOST || DEFAULT;
  const url = /^(?:tcp|http):\/\//.test(where) ? URL.parse(where.replace(/^tcp/, 'http')) : null;
  if (url !== null) return { host: url.hostname, port: Number(url.port) || TCP_PORT };
  return { socketPath: where.replace(/^unix:\/\//, '') };
}
