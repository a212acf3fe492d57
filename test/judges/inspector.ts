import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, JUDGES } from './install.ts';
import { judgeNode } from './judge-node.ts';
import { runToEnd } from './run-to-end.ts';

// node test/judges/inspector.ts --url http://127.0.0.1:PORT/mcp --tool NAME [--args '{"a":2}'] [--header 'Name: value']
//   lists the tools and calls one in every era; --eras legacy,auto,modern picks some; --strict also checks the schemas;
//   --load 200 --concurrency 10 calls it that often and prints the latencies. Exits 0 when all went well.

const CLI = join(JUDGES, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
export const ERAS = ['legacy', 'auto', 'modern'] as const;
export type InspectorEra = (typeof ERAS)[number];

export interface InspectorTarget {
  url: string;
  era: InspectorEra;
  /** Each as `Name: value`. */
  headers?: string[];
}

export interface InspectorAnswer {
  /** 0 ok, 4 not reachable, 5 the tool failed or is unknown, 6 a schema is not portable. */
  code: number;
  /** What stood on stdout, parsed: `{ result }`; undefined where it was no JSON. */
  output: { result?: Record<string, unknown> } | undefined;
  stderr: string;
}

/** Runs the Inspector's command line client once, with a home folder of its own. */
export async function inspect(target: InspectorTarget, method: string, ...more: string[]): Promise<InspectorAnswer> {
  await ensureInstalled(JUDGES);
  const home = await mkdtemp(join(tmpdir(), 'inspector-'));
  const node = judgeNode();
  const args = [CLI, '--cli', '--transport', 'http', '--server-url', target.url, '--protocol-era', target.era];
  for (const header of target.headers ?? []) args.push('--header', header);
  args.push('--method', method, '--format', 'json', '-q', ...more);
  try {
    const env = { ...process.env, HOME: home, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` };
    const { code, stdout, stderr } = await runToEnd(node, args, { env, timeoutMs: 120_000 });
    return { code, output: parse(stdout), stderr };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function parse(text: string): InspectorAnswer['output'] {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      url: text,
      tool: text,
      args: { ...text, default: '{}' },
      eras: { ...text, default: ERAS.join(',') },
      header: { ...text, multiple: true },
      strict: { type: 'boolean', default: false },
      load: text,
      concurrency: { ...text, default: '10' },
    },
  });
  if (values.url === undefined || values.tool === undefined) {
    process.stderr.write('give --url and --tool\n');
    return 2;
  }
  let worst = 0;
  const report = (era: string, what: string, { code, stderr }: InspectorAnswer, detail: string) => {
    worst = Math.max(worst, code === -1 ? 1 : code);
    const why = code === 0 ? '' : `: ${stderr.trim().slice(-400)}`;
    process.stdout.write(`inspector ${era}: ${what}: ${detail}, exit ${code}${why}\n`);
  };
  const call = ['--tool-name', values.tool, '--tool-args-json', values.args];

  for (const era of values.eras.split(',') as InspectorEra[]) {
    const target = { url: values.url, era, ...(values.header && { headers: values.header }) };
    const listed = await inspect(target, 'tools/list', ...(values.strict ? ['--strict'] : []));
    const tools = (listed.output?.result?.tools ?? []) as unknown[];
    report(era, 'tools/list', listed, `${tools.length} tools`);
    const called = await inspect(target, 'tools/call', ...call);
    report(
      era,
      `tools/call ${values.tool}`,
      called,
      JSON.stringify(called.output?.result?.content ?? null).slice(0, 200),
    );
    if (values.load !== undefined) {
      const many = ['--load', '--load-requests', values.load, '--load-concurrency', values.concurrency];
      const loaded = await inspect(target, 'tools/call', ...call, ...many);
      report(era, `load ${values.load}`, loaded, JSON.stringify(loaded.output ?? null));
    }
  }
  return worst;
}

if (import.meta.main) process.exit(await main());
