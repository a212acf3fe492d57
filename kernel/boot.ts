import { fault } from './errors.ts';
import { examine } from './examine.ts';
import { Host } from './host.ts';
import type { LogSink } from './log.ts';
import type { Plan } from './plan.ts';
import { showProblem } from './problem.ts';
import { Reloader, type ReloadOptions } from './reload.ts';

export interface BootOptions extends ReloadOptions {
  readonly sink: LogSink;
  /** Called once the pipeline is known to be right, before anything is created. */
  readonly onPlan?: (plan: Plan) => void;
}

export interface Kernel {
  readonly host: Host;
  /** Ends when no reload is under way and nothing waits for one. */
  settled(): Promise<void>;
  /** Ends when edits are seen at once; before that they are seen a moment later. */
  watching(): Promise<void>;
  stop(): Promise<void>;
}

/** From a pipeline file to running plugins. Throws `PIPELINE_BROKEN` with all problems, or why a plugin did not start. */
export async function boot(options: BootOptions): Promise<Kernel> {
  const begun = performance.now();
  const examined = await examine(options);
  const { plan, problems } = examined.checked;
  if (plan === undefined) {
    const text = problems.map(showProblem);
    throw fault('PIPELINE_BROKEN', text.join('\n'), { kind: 'invalid', data: { problems: text } });
  }
  options.onPlan?.(plan);
  const host = new Host(plan, options.sink);
  const reloader = new Reloader(host, examined, options);
  await host.start();
  await reloader.begin();
  const { mode } = plan.keys;
  const ms = Math.round(performance.now() - begun);
  host.log.info('Kernel ready.', { pipeline: plan.name, mode, plugins: host.slots.size, ms });
  return {
    host,
    settled: () => reloader.settled(),
    watching: () => reloader.watching,
    stop: async () => {
      await reloader.stop();
      await host.stop();
      host.log.info('Kernel stopped.', { pipeline: plan.name });
    },
  };
}
