import { definePlugin, reason } from '#kernel';
import { AUTH } from '#plugins/auth/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { STORAGE } from '#plugins/storage/api';
import { POLICY } from './api.ts';
import { Approvals } from './approvals.ts';
import { policyConfig } from './config.ts';
import { Pins } from './pins.ts';
import { RuledPolicy } from './policy.ts';
import { Quotas } from './quotas.ts';
import { addRoutes } from './routes.ts';
import { RulesInForce } from './rules-in-force.ts';
import { MIGRATIONS } from './tables.ts';

const DAY_MS = 86_400_000;
const EXPIRE_EVERY_MS = 60_000;

export default definePlugin({
  name: 'policy',
  summary:
    'Rules as data: which servers may be installed and how they run, which calls agents may make, and what a person decides.',
  config: policyConfig,
  requires: { storage: STORAGE },
  optional: { auth: AUTH, http: HTTP_SERVER },
  provides: { policy: POLICY },
  // Who waits for an approval may wait for hours; the call is not finished sooner by a longer drain.
  drainMs: 1_000,
  create({ id, generation, storage, auth, http, config, log, events, signal, defer }) {
    const inForce = new RulesInForce(config, log);
    const approvals = new Approvals({ storage, events, log, config, inForce, signal });
    const quotas = new Quotas(storage);
    const policy = new RuledPolicy({ auth, log, inForce, quotas, approvals, pins: new Pins(storage) });
    const clean = async (): Promise<void> => {
      const before = Date.now() - config.keepDays * DAY_MS;
      await approvals.forget(before);
      await quotas.forget(before);
    };
    return {
      policy,
      async start() {
        await storage.migrate('policy', MIGRATIONS);
        await inForce.load();
        await approvals.expire();
        await clean();
        defer(inForce.watch());
        defer(approvals.watch(EXPIRE_EVERY_MS));
        const daily = setInterval(
          () => clean().catch((error: unknown) => log.warn('old rows not deleted', { reason: reason(error) })),
          DAY_MS,
        );
        daily.unref();
        defer(() => clearInterval(daily));
        if (http !== undefined)
          for (const undo of addRoutes({ http, owner: { id, generation }, approvals, policy })) defer(undo);
      },
      stop: () => approvals.close(),
      health: () => ({
        ok: inForce.problem === undefined,
        detail: { file: inForce.file, ...(inForce.problem !== undefined && { problem: inForce.problem }) },
      }),
    };
  },
});
