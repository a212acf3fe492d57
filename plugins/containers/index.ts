import path from 'node:path';
import { definePlugin, many, reason } from '#kernel';
import { SERVER_RUNNER } from '#plugins/provisioner/api';
import { CONTAINER_CHANGED, type ContainerChange, IMAGE_CACHE } from './api.ts';
import { containersConfig } from './config.ts';
import { type ContainerEvent, Engine } from './engine.ts';
import { ImageTars } from './image-tars.ts';
import { SERVER_LABEL } from './labels.ts';
import { ContainerRunner } from './runner.ts';
import { WantedServers } from './wanted.ts';
import { keepWatch } from './watch.ts';

const TOLD = new Set<string>(['start', 'die', 'oom', 'destroy'] satisfies ContainerChange['action'][]);
const MIB = 1024 * 1024;

export default definePlugin({
  name: 'containers',
  summary: 'Builds images of servers, keeps them as tars, and runs them in Docker containers.',
  config: containersConfig,
  provides: { runner: many(SERVER_RUNNER, 'containers'), images: IMAGE_CACHE },
  stateVersion: 1,
  create: ({ config, log, events, signal }) => {
    const dir = path.resolve(config.dir);
    const engine = new Engine(config, log, signal);
    const wanted = new WantedServers(dir);
    const tars = new ImageTars(dir, engine, config, log);
    const runner = new ContainerRunner({ dir, config, engine, tars, wanted, log, signal });
    const publish = ({ action, container, labels }: ContainerEvent): void => {
      if (!TOLD.has(action)) return;
      const exitCode = labels.exitCode === undefined ? {} : { exitCode: Number(labels.exitCode) };
      const change = { server: labels[SERVER_LABEL] ?? '', container, ...exitCode, at: Date.now() };
      events.publish(CONTAINER_CHANGED, { ...change, action: action as ContainerChange['action'] });
    };
    return {
      runner,
      images: tars,
      start: async () => {
        wanted.load();
        tars.load();
        const failed = (error: unknown): void => {
          if (!signal.aborted && engine.missing === undefined)
            log.warn('could not compare what runs with what is to run', { reason: reason(error) });
        };
        const look = keepWatch((mayCheck) => runner.reconcile(mayCheck).catch(failed), config.watchMs, signal);
        await engine.start(wanted.instance, {
          onUp: () => {
            void runner.removeUnwanted().catch(failed);
            look();
          },
          onEvent: (event) => {
            publish(event);
            if (event.action === 'die' || event.action === 'destroy') look();
          },
        });
      },
      health: () => ({
        ok: true,
        detail: {
          docker: engine.version ?? engine.missing,
          servers: wanted.all.map(({ server, transport, port }) => `${server} (${port ?? transport})`),
          imagesMb: Math.round(tars.bytes / MIB),
          ...(runner.silent.length > 0 && { silent: runner.silent }),
        },
      }),
      exportState: () => runner.plans,
      importState: (plans: unknown) => {
        runner.plans = plans as typeof runner.plans;
      },
    };
  },
});
