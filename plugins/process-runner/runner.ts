import { chown, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fault } from '#kernel';
import type { Distribution } from '#plugins/mcp-search/api';
import type { InstallStep, RunPlan, ServerRunner, Support } from '#plugins/provisioner/api';
import type { Launch } from '#plugins/tool-registry/api';
import type { ProcessRunnerConfig } from './config.ts';
import { Folders, type NpmDistribution } from './folders.ts';
import { brokenness, readMarker } from './installation.ts';
import { launchOf } from './launch.ts';
import { findNpm } from './npm/find-npm.ts';
import { removeFolder } from './remove-folder.ts';
import type { Probe } from './sandbox/probe.ts';
import { probeSandbox } from './sandbox/probe.ts';
import { isBeingMade } from './staging.ts';

/** Installs npm packages with npm and starts them in bubblewrap. */
export class ProcessRunner implements ServerRunner {
  readonly #config: ProcessRunnerConfig;
  readonly folders: Folders;
  #probe: Probe = { reason: 'it was not looked at yet' };
  /** Servers whose files are being changed, in turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(config: ProcessRunnerConfig) {
    this.#config = config;
    this.folders = new Folders(config.dir);
  }

  async start(): Promise<void> {
    this.#probe = await probeSandbox(this.#config.sandboxUid);
  }

  /** Why servers run without a sandbox here; undefined where they run in one. */
  get unsandboxed(): string | undefined {
    return 'reason' in this.#probe ? this.#probe.reason : undefined;
  }

  supports(distribution: Distribution): Support {
    if (distribution.kind !== 'npm')
      return { ok: false, reason: `it runs npm packages, and this is ${distribution.kind}` };
    const why = this.unsandboxed;
    if (why !== undefined && this.#config.sandbox === 'required') return { ok: false, reason: `no sandbox: ${why}` };
    return { ok: true, sandboxed: why === undefined };
  }

  async install(plan: RunPlan, progress: (step: InstallStep) => void, signal: AbortSignal): Promise<void> {
    const distribution = this.#checked(plan);
    await this.#inTurn(plan.server, async () => {
      signal.throwIfAborted();
      const folder = this.folders.installation(plan.server, distribution);
      const present = readMarker(folder);
      if (present !== undefined && brokenness(folder, present) === undefined) return;
      // Most starts install nothing.
      const { install } = await import('./install.ts');
      const npm = findNpm(this.#config.npm);
      if (npm === undefined)
        throw fault('NPM_MISSING', 'npm was not found, beside Node or in PATH', {
          kind: 'unavailable',
          hint: 'install npm, or name it in process-runner.npm',
        });
      await install({ folders: this.folders, config: this.#config, npm, jail: this.#jail }, plan, progress, signal);
    });
  }

  async launch(plan: RunPlan): Promise<Launch> {
    const distribution = this.#checked(plan);
    const folder = this.folders.installation(plan.server, distribution);
    const installation = readMarker(folder);
    const broken = installation === undefined ? 'it is not installed' : brokenness(folder, installation);
    if (installation === undefined || broken !== undefined)
      throw fault('INSTALLATION_BROKEN', `${plan.server} cannot be started: ${broken}`, {
        kind: 'unavailable',
        hint: 'install it again',
      });
    const dataFolder = this.folders.data(plan.server);
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const uid = this.#jail?.uid;
    if (uid !== undefined) await chown(dataFolder, uid, uid);
    return launchOf({
      plan,
      distribution,
      installation,
      config: this.#config,
      jail: this.#jail,
      folder,
      dataFolder,
      log: this.folders.log(plan.server),
    });
  }

  /** The files of all its versions, its data and its logs. */
  async remove(server: string): Promise<void> {
    await this.#inTurn(server, async () => {
      await removeFolder(this.folders.server(server));
      await removeFolder(this.folders.data(server));
      for (const name of await entries(this.folders.logs))
        if (serverOfLog(name) === server) await removeFolder(path.join(this.folders.logs, name));
    });
  }

  async recover(plan: RunPlan, signal: AbortSignal): Promise<void> {
    await this.install(plan, () => {}, signal);
  }

  async sweep(servers: readonly string[]): Promise<void> {
    const known = new Set(servers);
    const { servers: installed, allData, logs, staging } = this.folders;
    const found = [
      ...(await entries(installed)),
      ...(await entries(allData)),
      ...(await entries(logs)).map(serverOfLog),
    ];
    for (const server of new Set(found)) if (!known.has(server) && !this.#turns.has(server)) await this.remove(server);
    for (const name of await entries(staging)) if (!isBeingMade(name)) await removeFolder(path.join(staging, name));
  }

  get #jail() {
    return 'jail' in this.#probe ? this.#probe.jail : undefined;
  }

  #checked({ distribution, limits }: RunPlan): NpmDistribution {
    const support = this.supports(distribution);
    if (!support.ok) throw fault('RUNNER_UNFIT', support.reason, { kind: 'unavailable' });
    if (limits.sandbox === 'required' && !support.sandboxed)
      throw fault('SANDBOX_MISSING', `this server may only run in a sandbox: ${this.unsandboxed}`, {
        kind: 'forbidden',
        hint: 'install bubblewrap, or let the policy run it without a sandbox',
      });
    return distribution as NpmDistribution;
  }

  async #inTurn(server: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(server) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(server, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(server) === turn) this.#turns.delete(server);
    }
  }
}

const serverOfLog = (name: string): string => name.replace(/\.log(?:\.\d+)?$/, '');

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
