import { parseArgs } from 'node:util';
import { boot, type Kernel } from '../boot.ts';
import { isFault, reason } from '../errors.ts';
import { findPipeline } from '../examine.ts';
import { type Log, LogSink, levelFrom } from '../log.ts';
import type { Plan } from '../plan.ts';
import { afterStart, speedUp } from './v8-phases.ts';

/** How long a main plugin may go on after its signal was aborted. */
const MAIN_GRACE_MS = 5_000;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export async function start(argv: readonly string[]): Promise<number> {
  const split = argv.indexOf('--');
  const { values, positionals } = parseArgs({
    args: split < 0 ? [...argv] : argv.slice(0, split),
    options: { watch: { type: 'boolean' } },
    allowPositionals: true,
    allowNegative: true,
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    process.stderr.write('kernel start: name one pipeline file; arguments for its main plugin stand after --\n');
    return 2;
  }
  // Standard output belongs to the pipeline's own output.
  const sink = new LogSink({
    level: levelFrom(process.env.LOG_LEVEL),
    pretty: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const life = new Life(sink.log());
  let kernel: Kernel;
  try {
    // Somebody waits for the output of a command line program: the log speaks of trouble only.
    const onPlan = (plan: Plan): void => {
      if (plan.keys.mode === 'cli' && process.env.LOG_LEVEL === undefined) sink.level = 'warn';
    };
    const watch = values.watch === undefined ? {} : { watch: values.watch };
    kernel = await boot({ file: findPipeline(name), env: process.env, sink, onPlan, ...watch });
  } catch (error) {
    if (!isFault(error)) throw error;
    const hint = error.hint === undefined ? '' : `   hint: ${error.hint}`;
    const code = error.code === 'PIPELINE_BROKEN' ? '' : `${error.code}: `;
    process.stderr.write(sink.mask(`${code}${reason(error)}${hint}\n`));
    return error.code === 'PIPELINE_BROKEN' ? 2 : 1;
  }
  // Plugins may hold nothing that keeps the process alive; the launcher ends it with the code that this resolves to.
  setInterval(() => undefined, 2 ** 30);
  if (kernel.host.plan.keys.mode === 'cli') {
    speedUp();
    try {
      return await life.orEnd(kernel.host.main().run(split < 0 ? [] : argv.slice(split + 1), life.signal));
    } catch (error) {
      process.stderr.write(sink.mask(`${isFault(error) ? `${error.code}: ` : ''}${reason(error)}\n`));
      return 1;
    } finally {
      await kernel.stop();
    }
  }
  const { openStatus } = await import('./status-socket.ts');
  const closeStatus = await openStatus(kernel.host, (error) =>
    sink.log().warn('No status socket.', { reason: reason(error) }),
  );
  afterStart();
  await life.end;
  closeStatus();
  await kernel.stop();
  return life.code;
}

/** From start to the first signal or fatal error. The second signal ends the process at once. */
class Life {
  readonly #abort = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  code = 0;

  constructor(log: Log) {
    for (const signal of SIGNALS)
      process.on(signal, () => {
        if (this.signal.aborted) process.exit(130);
        log.info('Signal received, stopping.', { signal });
        this.#finish(0);
      });
    // Whoever started this process and asked for it to end with him is gone.
    process.on('disconnect', () => this.#finish(0));
    process.on('unhandledRejection', (error) => log.error('A promise was rejected and nobody cared.', describe(error)));
    process.on('uncaughtException', (error) => {
      log.error('An exception was not caught, stopping.', describe(error));
      if (this.signal.aborted) process.exit(1);
      this.#finish(1);
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get end(): Promise<void> {
    return this.#ended.promise;
  }

  /** The exit code of a main plugin; one that ignores its aborted signal is left behind after a while. */
  async orEnd(main: Promise<number>): Promise<number> {
    const grace = this.end.then(() => new Promise<number>((resolve) => setTimeout(resolve, MAIN_GRACE_MS, 130)));
    return Promise.race([main, grace]);
  }

  #finish(code: number): void {
    this.code ||= code;
    this.#abort.abort();
    this.#ended.resolve();
  }
}

/** The plugin is read from the stack: its folder is the part after `plugins/`. */
function describe(error: unknown): Record<string, unknown> {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frame = stack.split('\n').find((line) => line.includes('/plugins/') && !line.includes('node_modules'));
  const plugin = frame === undefined ? undefined : /\/plugins\/([\w-]+)\//.exec(frame)?.[1];
  return { reason: reason(error), ...(plugin === undefined ? {} : { plugin }), ...(frame ? { at: frame.trim() } : {}) };
}
