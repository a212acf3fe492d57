import type { Browser, BrowserType } from 'playwright-core';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';

const START_TIMEOUT_MS = 30_000;

const FLAGS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-extensions', '--no-pings'],
  // Names are resolved in the proxy alone: what does not go through it finds no address.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disk-cache-size=33554432',
];
/** Nothing listens here: what belongs to no session has no way out. Each session brings a proxy of its own. */
const NO_WAY_OUT = 'http://127.0.0.1:9';

/** Starts Chromium in the folder; its sandbox is left out only where it cannot work, and `warn` hears that. */
export async function launch(
  chromium: BrowserType,
  executablePath: string,
  folder: string,
  options: Options,
  warn: (text: string) => void,
): Promise<Browser> {
  const start = (chromiumSandbox: boolean) =>
    chromium.launch({
      executablePath,
      chromiumSandbox,
      headless: true,
      args: [...FLAGS, `--js-flags=--max-old-space-size=${options.heapMib}`],
      proxy: { server: NO_WAY_OUT },
      env: environment(folder),
      timeout: START_TIMEOUT_MS,
      ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    });
  if (options.sandbox === 'off') return start(false).catch(failed);
  if (process.getuid?.() === 0) {
    if (options.sandbox === 'required')
      throw new Fault(
        'BROWSER_FAILED',
        "Chromium's own sandbox does not work as root",
        'run this server as another user',
      );
    warn('as root Chromium runs without its own sandbox: run this server as another user, or in a container');
    return start(false).catch(failed);
  }
  return start(true).catch((error: unknown) => {
    if (options.sandbox === 'required' || !/sandbox/i.test(String(error))) return failed(error);
    warn("Chromium's own sandbox does not work here, so it runs without: keep this server in a container");
    return start(false).catch(failed);
  });
}

function failed(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new Fault('BROWSER_FAILED', `Chromium did not start: ${shortened(reason)}`, 'start it by hand to see why');
}

/** None of the server's own variables, which may hold secrets. */
function environment(folder: string): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', LANG = 'C.UTF-8', FONTCONFIG_PATH, LD_LIBRARY_PATH } = process.env;
  return {
    ...{ PATH, LANG, HOME: folder, TMPDIR: folder, XDG_RUNTIME_DIR: folder },
    ...(FONTCONFIG_PATH !== undefined && { FONTCONFIG_PATH }),
    ...(LD_LIBRARY_PATH !== undefined && { LD_LIBRARY_PATH }),
  };
}

/** Playwright adds the whole command line and log. */
function shortened(reason: string): string {
  const lines = reason.split('\n').filter((line) => !line.includes('<launching>'));
  const told = lines.filter((line) => /error|fatal|sandbox|missing|cannot|timeout/i.test(line));
  return (told.length > 0 ? told : lines).slice(0, 3).join('; ').slice(0, 600);
}
