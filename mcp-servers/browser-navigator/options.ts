import { z } from 'zod';
import { AllowedHosts } from './egress/allowed-hosts.ts';

/** Every limit of the server. A flag `--name`, an environment variable `BROWSER_NAVIGATOR_NAME`, or a field here. */
export const optionsSchema = z.strictObject({
  chromium: z.string().optional().describe('browser to use; else CHROMIUM, else the one of the system'),
  sandbox: z
    .enum(['auto', 'required', 'off'])
    .default('auto')
    .describe("Chromium's own sandbox: where it works, or a must, or off; as root there is none"),
  allowPrivate: z
    .array(z.string())
    .superRefine((rules, context) => {
      try {
        new AllowedHosts(rules);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      }
    })
    .default([])
    .describe('hosts that may have private addresses: name, address or *.name, each with or without :port'),
  navigationSeconds: z.number().positive().max(600).default(30).describe('time limit of loading a page'),
  actionSeconds: z
    .number()
    .positive()
    .max(600)
    .default(10)
    .describe('time limit of reading, clicking, typing, a screenshot'),
  maxWaitSeconds: z.number().positive().max(600).default(60).describe('longest wait that a call may ask for'),
  textBytes: z.int().min(1024).max(4_194_304).default(32_768).describe('page text of one answer; the rest by offset'),
  screenshotMegapixels: z.number().positive().max(64).default(8).describe('a higher page is cut off at this'),
  screenshotMib: z.number().positive().max(64).default(4).describe('size of a screenshot as PNG'),
  viewportWidth: z.int().min(100).max(4096).default(1280).describe('width of the page in pixels'),
  viewportHeight: z.int().min(100).max(4096).default(800).describe('height of the page in pixels'),
  transferMib: z
    .number()
    .positive()
    .max(4096)
    .default(64)
    .describe('what the pages of a session may receive for one call'),
  connections: z.int().min(8).max(4096).default(128).describe('open connections of one session'),
  pages: z.int().min(1).max(64).default(4).describe('pages (tabs, pop-ups) of one session'),
  sessions: z.int().min(1).max(64).default(4).describe('sessions at a time'),
  sessionIdleSeconds: z
    .number()
    .positive()
    .max(86_400)
    .default(300)
    .describe('a session unused for this long is closed'),
  browserIdleSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(30)
    .describe('without sessions the browser ends after this'),
  queue: z.int().min(0).max(1000).default(8).describe('calls that may wait for their turn in one session'),
  memoryMib: z.int().min(256).max(65_536).default(1024).describe('memory of the browser with all its processes'),
  heapMib: z.int().min(16).max(16_384).default(256).describe('JavaScript memory of one page'),
});

export type Options = z.output<typeof optionsSchema>;
export type OptionsInput = z.input<typeof optionsSchema>;

export type Settings = { options: Options; httpPort?: number; httpHost: string; help: boolean };

/** Not limits, so not in the schema: they only concern the program. */
const PROGRAM_FLAGS: Record<string, 'value' | 'boolean'> = { http: 'value', host: 'value', help: 'boolean' };
const TEXTS = ['chromium', 'sandbox'];

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Reads flags and environment; throws an Error whose message names what is wrong and what there is. */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const raw: Record<string, string> = {};
  const fields = Object.keys(optionsSchema.shape);
  for (const field of fields) {
    const value = env[`BROWSER_NAVIGATOR_${kebab(field).replaceAll('-', '_').toUpperCase()}`];
    if (value !== undefined && value !== '') raw[field] = value;
  }
  if (raw.chromium === undefined && env.CHROMIUM) raw.chromium = env.CHROMIUM;
  const byFlag = new Map(fields.map((field) => [kebab(field), field]));
  for (let at = 0; at < argv.length; at++) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argv[at] ?? '') ?? [];
    const field = name === undefined ? undefined : Object.hasOwn(PROGRAM_FLAGS, name) ? name : byFlag.get(name);
    if (name === undefined || field === undefined) {
      const flags = [...byFlag.keys(), ...Object.keys(PROGRAM_FLAGS)].map((flag) => `--${flag}`).join(' ');
      throw new Error(`unknown argument "${argv[at]}"; flags: ${flags}`);
    }
    const value = inline ?? (PROGRAM_FLAGS[field] === 'boolean' ? 'true' : argv[++at]);
    if (value === undefined) throw new Error(`--${name} needs a value`);
    raw[field] = value;
  }
  const { http, host, help, ...limits } = raw;
  const settings: Settings = { options: parseOptions(limits), httpHost: host ?? '127.0.0.1', help: help === 'true' };
  if (http !== undefined) {
    const port = Number(http);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`--http needs a port number, got "${http}"`);
    settings.httpPort = port;
  }
  return settings;
}

/** Text values become what the schema wants; everything wrong is named at once. */
function parseOptions(raw: Record<string, string>): Options {
  const typed: Record<string, unknown> = {};
  for (const [field, text] of Object.entries(raw)) {
    if (field === 'allowPrivate')
      typed[field] = text
        .split(',')
        .map((host) => host.trim())
        .filter(Boolean);
    else typed[field] = TEXTS.includes(field) ? text : Number(text);
  }
  const parsed = optionsSchema.safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `--${kebab(String(issue.path[0]))}: ${issue.message}`).join('; '));
}

/** The flags with their defaults, for --help. */
export function describeOptions(): string {
  const defaults = optionsSchema.parse({}) as Record<string, unknown>;
  const lines = Object.entries(optionsSchema.shape).map(([field, schema]) => {
    const fallback = defaults[field] === undefined ? '' : ` (default ${JSON.stringify(defaults[field])})`;
    return `  --${kebab(field).padEnd(22)} ${schema.description}${fallback}`;
  });
  return lines.join('\n');
}
