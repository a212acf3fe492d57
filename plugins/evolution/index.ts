import { definePlugin, PLUGIN_SWAPPED, reason } from '#kernel';
import { HTTP_SERVER } from '#plugins/http/api';
import { LLM } from '#plugins/llm/api';
import { APPROVAL_CHANGED, POLICY } from '#plugins/policy/api';
import { STORAGE } from '#plugins/storage/api';
import { type CallRecord, TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_LEARNING, TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { RUN_ERASED, TRAJECTORY_ARCHIVE } from '#plugins/trajectory-archive/api';
import { EVOLUTION } from './api.ts';
import { evolutionConfig } from './config.ts';
import { Consent } from './consent.ts';
import { Learner } from './learner.ts';
import { Measuring } from './measuring.ts';
import { ProposalTable } from './proposal-table.ts';
import type { Proposing } from './proposing.ts';
import { addRoutes } from './routes.ts';
import { MIGRATIONS } from './tables.ts';
import { Uses } from './uses.ts';

export default definePlugin({
  name: 'evolution',
  summary: 'Learns from how tools did: proposes better descriptions and groupings, and keeps only what does no harm.',
  config: evolutionConfig,
  requires: { storage: STORAGE, registry: TOOL_REGISTRY, learning: TOOL_LEARNING },
  optional: {
    trajectories: TRAJECTORIES,
    archive: TRAJECTORY_ARCHIVE,
    dispatcher: TOOL_DISPATCHER,
    policy: POLICY,
    llm: LLM,
    http: HTTP_SERVER,
  },
  provides: { evolution: EVOLUTION },
  create(context) {
    const { storage, registry, learning, trajectories, archive, dispatcher, policy, llm, http } = context;
    const { config, log, events, signal, defer, id, generation } = context;
    const table = new ProposalTable(storage);
    const uses = new Uses(storage, learning, config.measure.baselineUses);
    let proposing: Promise<Proposing> | undefined;
    const evolution = new Learner({
      learning,
      table,
      uses,
      consent: new Consent(policy, table, config.apply, log),
      measuring: new Measuring(table, uses, config, log),
      proposing: () => {
        proposing ??= import('./proposing.ts').then(
          ({ Proposing }) =>
            new Proposing({ registry, learning, trajectories, archive, llm, table, uses, config, log }),
        );
        return proposing;
      },
      config,
      log,
      signal,
    });
    const look = async (): Promise<void> => {
      try {
        await evolution.propose(signal);
        evolution.problem = undefined;
      } catch (error) {
        if (signal.aborted) return;
        evolution.problem = reason(error);
        log.warn('The statistics could not be looked at.', { reason: evolution.problem });
      }
    };
    let started = false;
    return {
      evolution,
      async start() {
        await storage.migrate('evolution', MIGRATIONS);
        started = true;
        await evolution.sync();
        const looking = setInterval(() => void look(), config.everyMs).unref();
        defer(() => clearInterval(looking));
        if (dispatcher !== undefined) {
          const count = ({ tool }: CallRecord): void => evolution.used(tool);
          // Another version of the dispatcher does not know who listened to the one before.
          let deaf = dispatcher.onCall(count);
          defer(
            events.subscribe(PLUGIN_SWAPPED, () => {
              deaf = dispatcher.onCall(count);
            }),
          );
          defer(() => deaf());
        }
        defer(events.subscribe(APPROVAL_CHANGED, (approval) => evolution.decided(approval)));
        defer(events.subscribe(RUN_ERASED, async ({ id: run }) => (await proposing)?.forget(run)));
        if (http !== undefined)
          for (const undo of addRoutes({ http, owner: { id, generation }, evolution })) defer(undo);
      },
      stop: () => (started ? evolution.close() : undefined),
      health: () => ({
        ok: evolution.problem === undefined,
        detail: {
          ...evolution.counts,
          ...(evolution.lookedAt !== undefined && { lookedAt: new Date(evolution.lookedAt).toISOString() }),
          ...(evolution.problem !== undefined && { problem: evolution.problem }),
        },
      }),
    };
  },
});
