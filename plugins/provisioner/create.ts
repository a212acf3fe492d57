import { type Created, type Events, type Log, reason, type Undo } from '#kernel';
import type { Cache } from '#plugins/cache/api';
import type { GapDetector } from '#plugins/gap-detector/api';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { SearchEngine } from '#plugins/mcp-search/api';
import type { Policy } from '#plugins/policy/api';
import type { Storage } from '#plugins/storage/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { PROVISIONER, ServerRunner } from './api.ts';
import type { ProvisionerConfig } from './config.ts';
import { Installations } from './installations.ts';
import { Installer } from './installer.ts';
import { Jobs } from './jobs.ts';
import { Pins } from './pins.ts';
import { preload } from './preload.ts';
import { prestart } from './prestart.ts';
import { OneStopProvisioner } from './provisioner.ts';
import { Recovery } from './recovery.ts';
import { Registration } from './registration.ts';
import { addRoutes } from './routes.ts';
import { Selector } from './selection.ts';
import { MIGRATIONS } from './tables.ts';
import { Updater } from './updater.ts';

interface Parts {
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly events: Events;
  readonly signal: AbortSignal;
  readonly defer: (undo: Undo) => void;
  readonly owner: Owner;
  readonly storage: Storage;
  readonly registry: ToolRegistry;
  readonly dispatcher: ToolDispatcher;
  readonly detector: GapDetector;
  readonly engine: SearchEngine;
  readonly policy: Policy;
  readonly runners: ReadonlyMap<string, ServerRunner>;
  readonly cache: Cache | undefined;
  readonly http: HttpServer | undefined;
}

export function createProvisioner(parts: Parts): Created<{ readonly provisioner: typeof PROVISIONER }> {
  const { config, log, events, signal, defer, storage, registry, dispatcher, http, owner } = parts;
  const jobs = new Jobs(storage, events, log, config.keepJobs);
  const installations = new Installations(storage);
  const registration = new Registration({ registry, dispatcher, config, installations });
  const installer = new Installer({ ...parts, installations, registration });
  const recovery = new Recovery({ ...parts, installations, registration });
  const selector = new Selector(parts.policy, parts.runners, config);
  const updater = new Updater({
    ...parts,
    installations,
    registration,
    selector,
    recheck: (server) => pins.recheck(server),
  });
  const pins: Pins = new Pins({
    ...parts,
    registration,
    installed: (server) => installations.get(server),
    isReplacing: (server) => updater.isReplacing(server),
    restore: (installed) => recovery.register(installed),
  });
  const provisioner = new OneStopProvisioner({
    ...parts,
    jobs,
    installations,
    installer,
    registration,
    selector,
    updater,
  });
  return {
    provisioner,
    start: async () => {
      await storage.migrate('provisioner', MIGRATIONS);
      await installations.load();
      const cut = await jobs.load();
      defer(() => registration.withdrawAll());
      defer(() => jobs.close());
      await recovery.start();
      defer(pins.watch());
      defer(updater.watch());
      if (http !== undefined) for (const undo of addRoutes({ http, owner, registry, provisioner })) defer(undo);
      for (const running of cut) void provisioner.run(running);
      const ahead = async (): Promise<void> => {
        await prestart({ ...parts, installations, registration });
        await preload({ ...parts, installations, installer, selector });
      };
      ahead().catch((error: unknown) =>
        signal.aborted ? undefined : log.error('preloading ended early', { reason: reason(error) }),
      );
    },
    health: () => ({
      ok: true,
      detail: {
        servers: installations.all.length,
        ...(Object.keys(recovery.lost).length > 0 && { lost: recovery.lost }),
        ...(pins.held.length > 0 && { held: pins.held }),
      },
    }),
  };
}
