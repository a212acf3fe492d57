import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { serveOnStdio } from '../../fixtures/servers/stdio.ts';

/** One tool that leaves a line in a file each time it runs, in the middle of its work. */
const [file] = process.argv.slice(2);
const server = new Server({ name: 'effects', version: '1' }, { capabilities: { tools: {} } });
const inputSchema = { type: 'object' as const, properties: { id: { type: 'string' } }, required: ['id'] };
server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: [
    { name: 'leave', description: 'Leaves a line.', inputSchema },
    {
      name: 'peek',
      description: 'Leaves one too, but says that this is no harm.',
      inputSchema,
      annotations: { idempotentHint: true },
    },
  ],
}));
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
  const id = String(params.arguments?.id);
  await sleep(Math.random() * 30);
  appendFileSync(file!, `${id}\n`);
  await sleep(Math.random() * 30);
  return { content: [{ type: 'text', text: `left ${id}` }] };
});
await serveOnStdio(server);
