import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatVerdict, readChecks, type Verdict } from './conformance-checks.ts';
import { ensureInstalled, JUDGES } from './install.ts';
import { judgeNode } from './judge-node.ts';
import { runToEnd } from './run-to-end.ts';

// node test/judges/conformance.ts --url http://127.0.0.1:PORT/mcp --requirements 2025-11-25|2026-07-28
// node test/judges/conformance.ts --client-command 'node my-client.ts' --requirements 2026-07-28
// With --scenario NAME only that one; --output DIR keeps the suite's own files. Exits as the suite does (0: conformant).

const SUITE = join(JUDGES, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

export interface ConformanceOptions {
  /** A server on localhost to judge, or ... */
  url?: string;
  /** ... the command of a client, to which the suite appends the address of its own server. */
  clientCommand?: string;
  /** The revision whose frozen set of scenarios is run. */
  requirements?: string;
  /** One scenario in place of a whole set. */
  scenario?: string;
  /** Where the suite's files stay; by default they go. */
  output?: string;
  timeoutMs?: number;
}

/** Runs the official conformance suite, installing it first where it is missing. */
export async function judgeConformance(options: ConformanceOptions): Promise<Verdict> {
  await ensureInstalled(JUDGES);
  const output = options.output ?? (await mkdtemp(join(tmpdir(), 'conformance-')));
  const of = options.url === undefined ? 'client' : 'server';
  const subject = of === 'server' ? ['--url', options.url ?? ''] : ['--command', options.clientCommand ?? ''];
  const args = [SUITE, of, ...subject, '-o', output];
  // A set of requirements already fixes its scenarios, so beside one scenario the revision is only a protocol version.
  if (options.scenario !== undefined) args.push('--scenario', options.scenario);
  if (options.requirements !== undefined) {
    args.push(options.scenario === undefined ? '--requirements' : '--spec-version', options.requirements);
  }
  try {
    const { code, stdout, stderr } = await runToEnd(judgeNode(), args, { timeoutMs: options.timeoutMs ?? 300_000 });
    const checks = await readChecks(output, options.requirements);
    return { of, code, checks, printed: stdout + stderr };
  } finally {
    if (options.output === undefined) await rm(output, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { url: text, 'client-command': text, requirements: text, scenario: text, output: text },
  });
  const { 'client-command': clientCommand, ...rest } = values;
  if ((values.url === undefined) === (clientCommand === undefined)) {
    process.stderr.write('give one of --url and --client-command\n');
    process.exit(2);
  }
  const verdict = await judgeConformance({ ...rest, ...(clientCommand !== undefined && { clientCommand }) });
  process.stdout.write(`${formatVerdict(verdict, values.requirements)}\n`);
  process.exit(verdict.code);
}
