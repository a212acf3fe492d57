import { HTTP_SERVER, type HttpServer } from '#plugins/http/api';
import { type BootedKernel, bootKernel, type Fake } from '../../support/boot-kernel.ts';

export interface BootedHttp {
  readonly kernel: BootedKernel;
  readonly server: HttpServer;
  readonly port: number;
}

/** The plugin alone, on a free port. */
export async function bootHttp(config: object = {}, fakes: readonly Fake[] = []): Promise<BootedHttp> {
  const kernel = await bootKernel({ plugins: { http: { port: 0, ...config } }, fakes });
  const server = kernel.get(HTTP_SERVER);
  return { kernel, server, port: server.address.port };
}
