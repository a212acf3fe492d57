import { pathToFileURL } from 'node:url';
import type { ServerSpec } from '#plugins/tool-registry/api';
import type { BrowserNavigatorConfig } from './config.ts';
import { programFile, shippedTools, startProgram } from './program.ts';

const NAME = 'browser-navigator';
/** These change what the server says of its tools, so the list that it ships is not right any more. */
const TOLD = [
  'sessions',
  'sessionIdleSeconds',
  'textBytes',
  'viewportWidth',
  'viewportHeight',
  'maxWaitSeconds',
  'actionSeconds',
];
const DEFAULTS_S = { navigationSeconds: 30, maxWaitSeconds: 60 };
/** A call may wait for its turn, and for the browser to start. */
const CALL_MARGIN_MS = 60_000;

export type Found = { readonly spec: ServerSpec } | { readonly missing: string } | undefined;

/** The server as the configuration wants it, or why it cannot be, or undefined where it is off. */
export async function browserNavigator(config: BrowserNavigatorConfig, owner: string): Promise<Found> {
  const { run, idleMs, ...limits } = config;
  if (run === 'off') return undefined;
  const named = limits.chromium ?? (process.env.CHROMIUM || undefined);
  let chromium: string;
  try {
    chromium = await findChromium(named);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
  const options = Object.fromEntries(
    Object.entries({ ...limits, chromium }).filter(([, value]) => value !== undefined),
  );
  const manifest = TOLD.some((name) => name in options) ? undefined : await shippedTools(NAME);
  const longest = Math.max(
    limits.navigationSeconds ?? DEFAULTS_S.navigationSeconds,
    limits.maxWaitSeconds ?? DEFAULTS_S.maxWaitSeconds,
  );
  const spec: ServerSpec = {
    id: NAME,
    title: 'Browser navigator',
    description: 'Opens web pages in a real browser: reads, clicks, types, takes screenshots.',
    toolkit: 'web',
    capabilities: ['web_browsing', 'screenshot'],
    launches: [startProgram(NAME, options)],
    // Without a list it must be asked once before anybody can call it.
    start: manifest ? 'lazy' : 'eager',
    connection: 'shared',
    pool: { warm: 0, max: 1 },
    protocol: 'auto',
    timeouts: { connectMs: 20_000, callMs: longest * 2000 + CALL_MARGIN_MS, idleMs },
    mainTool: 'browser_navigate',
    ...(manifest && { manifest }),
    owner,
  };
  return { spec };
}

/** The server's own search: it is a program apart, so it is named by its file, as the program is. */
async function findChromium(named: string | undefined): Promise<string> {
  const file = pathToFileURL(programFile(NAME, 'find-chromium')).href;
  const search = (await import(file)) as { findChromium(named: string | undefined): string };
  return search.findChromium(named);
}
