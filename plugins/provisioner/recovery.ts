import { isFault, type Log, reason } from '#kernel';
import type { InstalledServer, ServerRunner } from './api.ts';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';
import { runPlan } from './installer.ts';
import type { Registration } from './registration.ts';

export interface RecoveryParts {
  readonly runners: ReadonlyMap<string, ServerRunner>;
  readonly installations: Installations;
  readonly registration: Registration;
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Brings what was installed back after a restart: listed at once, started by the first call. */
export class Recovery {
  readonly #parts: RecoveryParts;
  /** Servers that are not back, with the reason. */
  readonly #lost = new Map<string, string>();

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  get lost(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#lost);
  }

  /** Files of installations that were cut off go; what is whole is registered; what is broken is mended meanwhile. */
  async start(): Promise<void> {
    const { runners, installations, log } = this.#parts;
    for (const [name, runner] of runners) {
      const own = installations.all.filter((each) => each.runner === name).map(({ server }) => server);
      await runner
        .sweep(own)
        .catch((error: unknown) =>
          log.warn('could not clear rests of installations', { runner: name, reason: reason(error) }),
        );
    }
    await Promise.all(installations.all.map((installed) => this.register(installed)));
  }

  /** Into the registry; a broken installation is repaired in the background first. */
  async register(installed: InstalledServer, mayRepair = true): Promise<void> {
    const { server } = installed;
    const runner = this.#parts.runners.get(installed.runner);
    if (runner === undefined) {
      this.#lose(server, `its runner "${installed.runner}" is not in this pipeline`);
      return;
    }
    try {
      const launch = await runner.launch(runPlan(installed, this.#parts.config));
      this.#parts.registration.register(installed, launch);
      this.#lost.delete(server);
    } catch (error) {
      this.#lose(server, reason(error));
      if (mayRepair && isFault(error) && error.code === 'INSTALLATION_BROKEN') void this.#repair(installed, runner);
    }
  }

  async #repair(installed: InstalledServer, runner: ServerRunner): Promise<void> {
    const { config, signal, log } = this.#parts;
    try {
      await runner.recover(
        runPlan(installed, config),
        AbortSignal.any([signal, AbortSignal.timeout(config.recoverMs)]),
      );
      await this.register(installed, false);
      if (!this.#lost.has(installed.server)) log.info('repaired an installed server', { server: installed.server });
    } catch (error) {
      this.#lose(installed.server, reason(error));
    }
  }

  #lose(server: string, why: string): void {
    this.#lost.set(server, why);
    this.#parts.log.error('an installed server is not back', { server, reason: why });
  }
}
