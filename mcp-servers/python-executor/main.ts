#!/usr/bin/env node
import { describeOptions, readSettings, type Settings } from './options.ts';

/** The program: flags, one transport, and an end. Everything heavy is imported after the flags are known to be good. */
async function main(): Promise<void> {
  const settings = settingsOrExit();
  if (settings.help) {
    process.stdout.write(`usage: node main.ts [--http PORT [--host ADDRESS]] [limits]\n\n${describeOptions()}\n`);
    return;
  }
  const [{ Executor }, { connectionServer }] = await Promise.all([import('./executor.ts'), import('./server.ts')]);
  const executor = new Executor(settings.options, (text) => process.stderr.write(`python-executor: ${text}\n`));
  const stops: (() => Promise<unknown>)[] = [() => executor.close()];
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code || 1), 5_000).unref(); // children die with this process
    for (const each of stops.reverse()) await each().catch(() => {});
    process.exit(code);
  };
  process.once('SIGTERM', () => void stop(0));
  process.once('SIGINT', () => void stop(0));
  process.once('SIGHUP', () => void stop(0));

  if (settings.httpPort !== undefined) {
    const { serveHttp } = await import('./http.ts');
    const listener = await serveHttp(
      () => connectionServer(executor),
      settings.httpPort,
      settings.httpHost,
      process.env.PYTHON_EXECUTOR_TOKEN,
    );
    stops.push(listener.close);
    process.stderr.write(`python-executor: listening on ${listener.url}\n`);
    return;
  }
  const { serveStdio } = await import('@modelcontextprotocol/server/stdio');
  const connection = serveStdio(() => connectionServer(executor));
  stops.push(() => connection.close());
  process.stdin.once('end', () => void stop(0));
  process.stdin.once('close', () => void stop(0));
  process.stdout.once('error', () => void stop(0)); // the client went away without closing stdin
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`python-executor: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`python-executor: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
