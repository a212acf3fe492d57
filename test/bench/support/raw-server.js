import { createInterface } from 'node:readline';

// The least that a server can do: one echo tool over stdio, by hand.
const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
const tool = { name: 'echo', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } };
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === 'initialize') {
    const serverInfo = { name: 'raw', version: '1' };
    answer(id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo });
  } else if (method === 'tools/list') answer(id, { tools: [tool] });
  else answer(id, { content: [{ type: 'text', text: params.arguments?.text ?? '' }] });
});
