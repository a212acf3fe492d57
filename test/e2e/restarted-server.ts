import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type KernelProcess, startKernelProcess } from '../support/boot-kernel.ts';

const PIPELINE = resolve(import.meta.dirname, '../../pipelines/server.yaml');

/** `pipelines/server.yaml` in a folder of its own that stays while the server is ended, killed and started again. */
export class RestartedServer {
  readonly dir = mkdtempSync(join(tmpdir(), 'restarted-server-'));
  /** What a process that was killed leaves among the temporary files stands here. */
  readonly temporary = join(this.dir, 'tmp');
  readonly #pipeline = join(this.dir, 'pipeline.yaml');
  readonly #env: Readonly<Record<string, string>>;
  #kernel: KernelProcess | undefined;
  #url = '';

  /** Each start takes another port (nothing waits for the one before), unless `env` has a PORT that others know. */
  constructor(
    plugins: Readonly<Record<string, object | 'off'>>,
    include = PIPELINE,
    env: Readonly<Record<string, string>> = {},
  ) {
    mkdirSync(this.temporary);
    this.#env = env;
    // JSON is YAML.
    const pipeline = { kernel: 1, include: [include], watch: false, drop: false, plugins };
    writeFileSync(this.#pipeline, JSON.stringify(pipeline));
  }

  get url(): string {
    return this.#url;
  }
  get kernel(): KernelProcess {
    return this.#kernel!;
  }
  data(...path: string[]): string {
    return join(this.dir, 'data', ...path);
  }

  async start(): Promise<void> {
    const env = { PORT: '0', DATA_DIR: this.data(), MCP_CONFIG: join(this.dir, 'mcp.json'), TMPDIR: this.temporary };
    this.#kernel = await startKernelProcess(this.#pipeline, { cwd: this.dir, env: { ...env, ...this.#env } });
    this.#url = String(this.#kernel.lines().find(({ plugin, url }) => plugin === 'http' && url !== undefined)?.url);
  }

  async kill(): Promise<void> {
    this.kernel.child.kill('SIGKILL');
    await this.kernel.exited;
  }

  async stop(): Promise<number | null> {
    return this.kernel.stop();
  }

  async close(): Promise<void> {
    await this.#kernel?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
