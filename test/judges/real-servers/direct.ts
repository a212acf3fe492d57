import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ensureInstalled, REAL_SERVERS } from '../install.ts';
import { startBacking } from './backing.ts';
import { SERVERS } from './calls.ts';
import type { Outcome, Place, RealServer, ToolCall } from './real-server.ts';
import { launch, normalise, outcomeOf, outcomeOfError, prepare } from './real-server.ts';

// node test/judges/real-servers/direct.ts [ID ...] [--client v2|v1|v2-auto] [--twice] [--show]
//   calls every server without anything between; --twice runs each in two places and compares what came back.

/** `v2-auto` negotiates the newest protocol that both know; the others speak that of 2025. */
export type DirectClient = 'v2' | 'v2-auto' | 'v1';

export interface DirectRun {
  /** From start to connected. */
  startMs: number;
  protocol: string;
  /** The definitions as listed. */
  tools: readonly object[];
  /** One a call of the server's table, already normalised. */
  outcomes: Outcome[];
}

const CONNECT_MS = 60_000;
const CALL_MS = 60_000;

/** All calls of one server over one stdio connection of its own. Prepares the place. */
export async function runDirect(server: RealServer, place: Place, kind: DirectClient = 'v2'): Promise<DirectRun> {
  await prepare(server, place);
  const started = performance.now();
  const { client, protocol } = await connect(server, place, kind);
  const startMs = Math.round(performance.now() - started);
  try {
    const { tools } = await client.listTools();
    const outcomes: Outcome[] = [];
    for (const call of server.calls(place)) outcomes.push(normalise(server, place, await callOnce(client, call)));
    return { startMs, protocol: protocol(), tools, outcomes };
  } finally {
    await client.close();
  }
}

async function connect(server: RealServer, place: Place, kind: DirectClient) {
  const info = { name: 'direct', version: '1.0.0' };
  const timeout = CONNECT_MS;
  const spawned = { ...launch(server, place), stderr: 'ignore' as const };
  if (kind === 'v1') {
    const client = new OldClient(info);
    const transport = new OldStdioClientTransport(spawned);
    let protocol = '';
    Object.assign(transport, { setProtocolVersion: (version: string) => (protocol = version) });
    await client.connect(transport, { timeout });
    return { client, protocol: () => protocol };
  }
  const client = new Client(info, { versionNegotiation: { mode: kind === 'v2' ? 'legacy' : 'auto' } });
  await client.connect(new StdioClientTransport(spawned), { timeout });
  return { client, protocol: () => client.getNegotiatedProtocolVersion() ?? '' };
}

async function callOnce(client: Client | OldClient, { tool, args }: ToolCall): Promise<Outcome> {
  const params = { name: tool, arguments: args };
  try {
    if (client instanceof Client) return outcomeOf(await client.callTool(params, { timeout: CALL_MS }));
    return outcomeOf(await client.callTool(params, undefined, { timeout: CALL_MS }));
  } catch (error) {
    return outcomeOfError(error);
  }
}

/** Short name of what came back: equal digests mean equal results. */
export function digest(outcomes: readonly Outcome[]): string {
  return createHash('sha256').update(JSON.stringify(outcomes)).digest('hex').slice(0, 12);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      client: { type: 'string', default: 'v2' },
      twice: { type: 'boolean', default: false },
      show: { type: 'boolean', default: false },
    },
  });
  await ensureInstalled(REAL_SERVERS);
  const backing = await startBacking();
  let failures = 0;
  const print = (...cells: (string | number)[]) => {
    const widths = [20, 12, 9, 6, 26, 0];
    process.stdout.write(`${cells.map((cell, index) => `${cell}`.padEnd(widths[index] ?? 0)).join(' ')}\n`);
  };
  print('server', 'protocol', 'start ms', 'tools', 'calls', 'digest');
  try {
    for (const server of SERVERS) {
      if (positionals.length > 0 && !positionals.includes(server.id)) continue;
      const missing = server.needs.filter((need) => !backing.has.has(need));
      if (missing.length > 0) {
        print(server.id, `left out: no ${missing.join(', ')} here`);
        continue;
      }
      try {
        const kind = values.client as DirectClient;
        const run = await runDirect(server, await backing.newPlace(), kind);
        const again = values.twice ? await runDirect(server, await backing.newPlace(), kind) : run;
        const names = [digest(run.outcomes), digest(again.outcomes)];
        const isError = (outcome: Outcome) => ('error' in outcome ? 'rpc' : outcome.isError ? 'isError' : 'ok');
        const kinds = Object.entries(Object.groupBy(run.outcomes, isError)).map(
          ([key, all]) => `${all?.length} ${key}`,
        );
        const same = names[0] === names[1] ? names[0] : `DIFFERS ${names.join(' ')}`;
        if (names[0] !== names[1] || run.tools.length !== server.tools) failures += 1;
        print(server.id, run.protocol, run.startMs, run.tools.length, kinds.join(', '), same ?? '');
        if (values.show || names[0] !== names[1]) {
          for (const [index, outcome] of run.outcomes.entries()) {
            const other = again.outcomes[index];
            if (values.show) process.stdout.write(`  ${JSON.stringify(outcome).slice(0, 500)}\n`);
            if (digest([outcome]) === digest(other ? [other] : [])) continue;
            process.stdout.write(`  - ${JSON.stringify(outcome)}\n  + ${JSON.stringify(other)}\n`);
          }
        }
      } catch (error) {
        failures += 1;
        print(server.id, `FAILED: ${(error as Error).message}`);
      }
    }
  } finally {
    await backing.stop();
  }
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main());
