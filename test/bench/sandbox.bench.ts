import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { hostileFile, Workshop } from '../plugins/process-runner/workshop.ts';

/**
 * What the sandbox costs at the start of a server: the same small server by Node alone and as process-runner starts it, from
 * the start of the process to the answer to `initialize`, one after the other in each round.
 * `node test/bench/sandbox.bench.ts [rounds]`
 */
const rounds = Number(process.argv[2] ?? 15);
const shop = await Workshop.open();
const bareDir = path.join(shop.dir, 'bare');
mkdirSync(bareDir);
for (const [file, from] of [
  ['server.cjs', 'server.cjs'],
  ['attack.cjs', 'calm.cjs'],
] as const)
  writeFileSync(path.join(bareDir, file), hostileFile(from));
shop.publish('calm');
const plan = shop.plan('calm');
await shop.install(plan);

async function bare(): Promise<Client> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [path.join(bareDir, 'server.cjs')],
    stderr: 'ignore',
  });
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(transport);
  return client;
}
async function timed(start: () => Promise<Client>): Promise<number> {
  const began = performance.now();
  const client = await start();
  const ms = performance.now() - began;
  await client.close();
  return ms;
}

const taken: { bare: number[]; sandboxed: number[] } = { bare: [], sandboxed: [] };
for (let n = -1; n < rounds; n++) {
  const [alone, held] = [await timed(bare), await timed(async () => (await shop.connect(plan)).client)];
  if (n < 0) continue; // nothing was in any cache yet
  taken.bare.push(alone);
  taken.sandboxed.push(held);
}
await shop.close();
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const [alone, held] = [median(taken.bare), median(taken.sandboxed)];
process.stdout.write(
  `start to the first answer, median of ${rounds}: bare ${alone.toFixed(0)} ms, in the sandbox ${held.toFixed(0)} ms: ` +
    `+${(held - alone).toFixed(0)} ms, ${(held / alone).toFixed(1)}x\n`,
);
