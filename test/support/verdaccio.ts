import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VERDACCIO } from '../judges/install.ts';
import { runToEnd } from '../judges/run-to-end.ts';
import { freePort } from './free-port.ts';
import type { TestPackage } from './npm-registry.ts';

const STARTED_MS = 30_000;
const PUBLISHED_MS = 60_000;

/** A real npm registry on loopback that knows no other one: packages get into it by `npm publish`. */
export class Verdaccio {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(url: string, child: ChildProcess, dir: string) {
    this.url = url;
    this.#child = child;
    this.#dir = dir;
  }

  static async start(): Promise<Verdaccio> {
    const dir = mkdtempSync(join(tmpdir(), 'verdaccio-'));
    const config = {
      storage: join(dir, 'storage'),
      auth: { htpasswd: { file: join(dir, 'htpasswd') } },
      uplinks: {},
      packages: { '**': { access: '$all', publish: '$authenticated' } },
      web: { enable: false },
      log: { type: 'stdout', format: 'json', level: 'warn' },
    };
    // JSON is YAML.
    writeFileSync(join(dir, 'config.yaml'), JSON.stringify(config));
    const url = `http://127.0.0.1:${await freePort()}/`;
    const bin = join(VERDACCIO, 'node_modules/verdaccio/bin/verdaccio');
    const child = spawn(process.execPath, [bin, '--config', join(dir, 'config.yaml'), '--listen', url], {
      cwd: dir,
      env: { PATH: process.env.PATH, HOME: dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const registry = new Verdaccio(url, child, dir);
    try {
      await registry.#answers();
      await registry.#logIn();
    } catch (error) {
      await registry.close();
      throw error;
    }
    return registry;
  }

  /** As its author does it. */
  async publish({ name, version, files, manifest = {} }: TestPackage): Promise<void> {
    const folder = mkdtempSync(join(this.#dir, 'package-'));
    const all = { 'package.json': JSON.stringify({ name, version, ...manifest }), ...files };
    for (const [path, text] of Object.entries(all)) {
      if (typeof text !== 'string') throw new Error('npm packs no links');
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const args = ['publish', '--ignore-scripts', '--access=public', `--registry=${this.url}`];
    const env = { PATH: process.env.PATH, HOME: this.#dir };
    const { code, stderr } = await runToEnd('npm', args, { cwd: folder, env, timeoutMs: PUBLISHED_MS });
    if (code !== 0) throw new Error(`npm publish ${name}@${version}: ${stderr.slice(-1_000)}`);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    let said = '';
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-2_000);
      });
    for (const until = Date.now() + STARTED_MS; ; await sleep(50)) {
      const answer = await fetch(`${this.url}-/ping`).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > until || this.#child.exitCode !== null) throw new Error(`verdaccio did not start: ${said}`);
    }
  }

  /** A new account; npm finds its token in its own configuration. */
  async #logIn(): Promise<void> {
    const answer = await fetch(`${this.url}-/user/org.couchdb.user:author`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'author', password: 'an author of tests' }),
    });
    const { token } = (await answer.json()) as { readonly token?: string };
    if (token === undefined) throw new Error(`verdaccio gave no token: ${answer.status}`);
    writeFileSync(join(this.#dir, '.npmrc'), `${this.url.replace('http:', '')}:_authToken=${token}\n`);
  }
}
