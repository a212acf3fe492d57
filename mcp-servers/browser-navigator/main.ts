#!/usr/bin/env node
import { describeOptions, readSettings, type Settings } from './options.ts';

const STOP_TIMEOUT_MS = 10_000;
const say = (text: string) => process.stderr.write(`browser-navigator: ${text}\n`);

/** The program: flags, one transport, and an end. Everything heavy is imported after the flags are known to be good. */
async function main(): Promise<void> {
  const settings = settingsOrExit();
  if (settings.help) {
    process.stdout.write(`usage: node main.ts [--http PORT [--host ADDRESS]] [limits]\n\n${describeOptions()}\n`);
    return;
  }
  const [{ Sessions }, { connectionServer }] = await Promise.all([import('./sessions.ts'), import('./server.ts')]);
  const sessions = new Sessions(settings.options, say);
  const stops: (() => Promise<unknown>)[] = [() => sessions.close()];
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code || 1), STOP_TIMEOUT_MS).unref(); // the browser ends with its pipe to this process
    for (const each of stops.reverse()) await each().catch(() => {});
    process.exit(code);
  };
  // A page can end while Playwright still talks to it; what it then rejects beside our calls is no reason to end.
  process.on('unhandledRejection', (reason) => say(String(reason).split('\n')[0] ?? ''));
  process.once('SIGTERM', () => void stop(0));
  process.once('SIGINT', () => void stop(0));
  process.once('SIGHUP', () => void stop(0));

  if (settings.httpPort !== undefined) {
    const { serveHttp } = await import('./http.ts');
    const listener = await serveHttp(
      () => connectionServer(sessions),
      settings.httpPort,
      settings.httpHost,
      process.env.BROWSER_NAVIGATOR_TOKEN,
    );
    stops.push(listener.close);
    say(`listening on ${listener.url}`);
    return;
  }
  const { serveStdio } = await import('@modelcontextprotocol/server/stdio');
  const connection = serveStdio(() => connectionServer(sessions));
  stops.push(() => connection.close());
  process.stdin.once('end', () => void stop(0));
  process.stdin.once('close', () => void stop(0));
  process.stdout.once('error', () => void stop(0)); // the client went away without closing stdin
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.argv.slice(2), process.env);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
