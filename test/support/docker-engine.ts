import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BASE_IMAGE, importBaseImage } from './docker-base-image.ts';

/**
 * A real Docker Engine of our own, apart from the machine's: own data, own socket, own bridge. It needs root on Debian or
 * Ubuntu; `docker.io` is installed where it is missing. The base image is made of this machine's Node, so no registry is
 * asked. Who opens it first starts it, who closes it last stops it; its data stays for the next run. By hand:
 *
 *     npx node test/support/docker-engine.ts         starts it and prints DOCKER_HOST=...
 *     npx node test/support/docker-engine.ts purge   stops it and deletes everything
 */
export class DockerEngine {
  readonly baseImage = BASE_IMAGE;
  readonly dir: string;
  readonly socket: string;
  readonly #user: string;

  private constructor(name: string) {
    this.dir = path.join(tmpdir(), `docker-engine-${name}`);
    this.socket = path.join(this.dir, 'docker.sock');
    this.#user = path.join(this.dir, 'users', `${process.pid}-${randomBytes(4).toString('hex')}`);
  }

  /** Tests that kill the engine take a name of their own. */
  static async open(name = 'shared'): Promise<DockerEngine> {
    const engine = new DockerEngine(name);
    fs.mkdirSync(path.dirname(engine.#user), { recursive: true });
    await engine.#locked(async () => {
      await engine.start();
      await importBaseImage(engine.socket, engine.dir);
      fs.writeFileSync(engine.#user, '');
    });
    return engine;
  }

  /** Undefined where none can be started here, which is said once; a throw where CI asks for one. */
  static async find(name?: string): Promise<DockerEngine | undefined> {
    try {
      return await DockerEngine.open(name);
    } catch (error) {
      const why = `no Docker Engine for the tests: ${error instanceof Error ? error.message : error}`;
      if (process.env.CI === 'true') throw new Error(why);
      console.warn(`${why}. They are skipped.`);
      return undefined;
    }
  }

  async start(): Promise<void> {
    if (await this.answers()) return;
    if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('it needs root on Linux');
    installPackages(this.dir);
    this.#dropStalePids();
    this.#makeBridge();
    const log = fs.openSync(path.join(this.dir, 'dockerd.log'), 'a');
    const args = [
      '--data-root',
      this.#at('data'),
      '--exec-root',
      this.#at('exec'),
      '--pidfile',
      this.#at('docker.pid'),
    ];
    args.push('-H', `unix://${this.socket}`, '--bridge', this.#bridge, '--shutdown-timeout', '5');
    // Its rules would meet those of other engines; ports on loopback need none.
    args.push('--iptables=false');
    const child = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log], env: withSbin() });
    fs.closeSync(log);
    child.unref();
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    child.once('error', () => {
      ended = true;
    });
    for (let end = Date.now() + 60_000; Date.now() < end && !ended; await sleep(100)) if (await this.answers()) return;
    throw new Error(`dockerd did not come up: ${lastLines(path.join(this.dir, 'dockerd.log'))}`);
  }

  /** As when the power goes for the daemon alone: SIGKILL, and back when it is gone. */
  async kill(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await sleep(20);
    // It goes with the daemon, a moment later: one that is started while it goes would wait for its answer.
    const containerd = Number.parseInt(read(this.#at('exec/containerd/containerd.pid')), 10);
    for (const end = Date.now() + 5_000; isAlive(containerd) && Date.now() < end; ) await sleep(20);
  }

  /** Stops it when nobody else uses it. */
  async close(): Promise<void> {
    await this.#locked(async () => {
      fs.rmSync(this.#user, { force: true });
      const users = fs.readdirSync(path.dirname(this.#user)).filter((name) => isAlive(Number.parseInt(name, 10)));
      if (users.length === 0) await this.#stop();
    });
  }

  /** Stops it, and takes all that it made with it. */
  async purge(): Promise<void> {
    fs.rmSync(this.#user, { force: true });
    await this.#stop();
    const mounts = fs.readFileSync('/proc/mounts', 'utf8').split('\n');
    const own = mounts.map((line) => line.split(' ')[1] ?? '').filter((mount) => mount.startsWith(`${this.dir}/`));
    for (const mount of own.sort().reverse()) quietly('umount', ['-l', mount]);
    quietly('ip', ['link', 'del', this.#bridge]);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** Of the daemon that we started; a number may have been given to another process since. */
  get pid(): number | undefined {
    const pid = Number.parseInt(read(this.#at('docker.pid')), 10);
    return read(`/proc/${pid}/cmdline`).includes(`${this.#at('data')}\0`) && isAlive(pid) ? pid : undefined;
  }

  answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const asked = request({ socketPath: this.socket, path: '/_ping', timeout: 5_000 }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(false));
      asked.end();
    });
  }

  async #stop(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGTERM');
    for (let end = Date.now() + 30_000; isAlive(pid); await sleep(50))
      if (Date.now() > end) process.kill(pid, 'SIGKILL');
  }

  /** After a SIGKILL: dockerd would wait for a containerd that is gone and whose number is still written down. */
  #dropStalePids(): void {
    fs.rmSync(this.#at('docker.pid'), { force: true });
    const file = this.#at('exec/containerd/containerd.pid');
    const exe = readLink(`/proc/${Number.parseInt(read(file), 10)}/exe`);
    if (!exe.endsWith('/containerd')) fs.rmSync(file, { force: true });
  }

  /** Two engines must not share a bridge: both would hand out the same addresses. */
  #makeBridge(): void {
    if (!fs.existsSync(`/sys/class/net/${this.#bridge}`))
      execFileSync('ip', ['link', 'add', this.#bridge, 'type', 'bridge'], { env: withSbin(), stdio: 'pipe' });
    execFileSync('ip', ['addr', 'replace', `${this.#net}.1/24`, 'dev', this.#bridge], {
      env: withSbin(),
      stdio: 'pipe',
    });
    execFileSync('ip', ['link', 'set', this.#bridge, 'up'], { env: withSbin(), stdio: 'pipe' });
  }

  get #number(): number {
    return createHash('sha256').update(this.dir).digest()[0]!;
  }
  get #bridge(): string {
    return `dpt${this.#number}`;
  }
  get #net(): string {
    return `172.28.${this.#number}`;
  }

  #at(name: string): string {
    return path.join(this.dir, name);
  }

  /** One process at a time opens and closes it. */
  async #locked(work: () => Promise<void>): Promise<void> {
    const lock = this.#at('lock');
    for (;;) {
      try {
        fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
        break;
      } catch {
        const holder = Number.parseInt(read(lock), 10);
        if (Number.isNaN(holder) || isAlive(holder)) await sleep(100);
        else fs.rmSync(lock, { force: true });
      }
    }
    try {
      await work();
    } finally {
      fs.rmSync(lock, { force: true });
    }
  }
}

const NEEDED = { '/usr/sbin/dockerd': 'docker.io', '/bin/ip': 'iproute2', '/bin/busybox': 'busybox-static' };
const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function installPackages(dir: string): void {
  const has = (file: string): boolean => PLACES.some((place) => fs.existsSync(path.join(place, path.basename(file))));
  const missing = Object.entries(NEEDED).flatMap(([file, name]) => (has(file) ? [] : [name]));
  if (missing.length === 0) return;
  if (!fs.existsSync('/usr/bin/apt-get')) throw new Error(`${missing.join(', ')} missing, and no apt-get to install`);
  const log = fs.openSync(path.join(dir, 'apt.log'), 'a');
  const apt = (...args: string[]): void => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', [...args], { env, stdio: ['ignore', log, log] });
  };
  const install = (): void => apt('install', '-y', '-q', '--no-install-recommends', ...missing);
  try {
    install();
  } catch {
    apt('update', '-q');
    install();
  } finally {
    fs.closeSync(log);
  }
}

const withSbin = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` });

function quietly(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { env: withSbin(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

/** A zombie counts as gone: nobody may be there to wait for it. */
function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^\d+ \(.*\) [ZX]/s.test(stat);
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readLink(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}

const lastLines = (file: string): string => read(file).trim().split('\n').slice(-5).join('; ').slice(-1_500);

if (process.argv[1] === import.meta.filename) {
  const engine = await DockerEngine.open();
  if (process.argv[2] === 'purge') await engine.purge();
  else console.log(`DOCKER_HOST=unix://${engine.socket}`);
}
