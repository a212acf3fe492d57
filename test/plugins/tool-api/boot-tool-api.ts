import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HTTP_SERVER } from '#plugins/http/api';
import { TOOL_REGISTRY, type ToolRegistry } from '#plugins/tool-registry/api';
import { type BootedKernel, bootKernel, type Fake } from '../../support/boot-kernel.ts';

export const ECHO = path.resolve(import.meta.dirname, '../../fixtures/servers/echo.ts');
export const echoEntry = { command: process.execPath, args: [ECHO] };

export interface BootedToolApi {
  readonly kernel: BootedKernel;
  readonly port: number;
  readonly registry: ToolRegistry;
  readonly dir: string;
  stop(): Promise<void>;
}

export interface BootOptions {
  readonly servers?: Readonly<Record<string, object>>;
  readonly toolApi?: object;
  readonly http?: object;
  readonly plugins?: Readonly<Record<string, object | 'off'>>;
  readonly fakes?: readonly Fake[];
  /** More folders with plugins. */
  readonly dirs?: readonly string[];
  /** Applies edits of the pipeline file while it runs. */
  readonly watch?: boolean;
  /** Data of an earlier start. */
  readonly dir?: string;
}

/** The real plugins, with these servers in `mcp.json`, connected. */
export async function bootToolApi(options: BootOptions = {}): Promise<BootedToolApi> {
  const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'tool-api-'));
  const file = path.join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify({ mcpServers: options.servers ?? {} }));
  const kernel = await bootKernel({
    plugins: {
      storage: { dir },
      'tool-registry': {},
      'tool-dispatch': {},
      'call-log': {},
      'tool-search': {},
      'mcp-config': { file },
      http: { port: 0, ...options.http },
      'tool-api': options.toolApi ?? {},
      ...options.plugins,
    },
    fakes: options.fakes ?? [],
    dirs: options.dirs ?? [],
    watch: options.watch ?? false,
  });
  const registry = kernel.get(TOOL_REGISTRY);
  await until(() =>
    [...registry.snapshot.servers.values()].every(({ spec, health }) => spec.start === 'lazy' || health.settled),
  );
  return {
    kernel,
    registry,
    dir,
    port: kernel.get(HTTP_SERVER).address.port,
    stop: async () => {
      await kernel.stop();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function until(holds: () => boolean, ms = 10_000): Promise<void> {
  const limit = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`not within ${ms} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
