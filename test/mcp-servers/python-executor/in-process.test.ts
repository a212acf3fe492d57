import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { createServer } from '../../../mcp-servers/python-executor/server.ts';
import { gone, processesWith, type Structured, sandboxMissing } from './python-server.ts';

const MARK = 1_900_000 + (process.pid % 90_000);

async function link(options: Parameters<typeof createServer>[0]) {
  const server = createServer(options);
  const client = new Client({ name: 'host', version: '1' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(far), client.connect(near)]);
  return { server, client };
}

describe('in the process of the host', () => {
  it('refuses wrong options', () => {
    expect(() => createServer({ memoryMib: 1 })).toThrow(/memoryMib/);
  });

  it.skipIf(sandboxMissing)('serves, adds no signal handlers, and close() ends the children', async () => {
    const handlers = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const { server, client } = await link({ outputBytes: MARK });
    const result = (await client.callTool({
      name: 'python_execute',
      arguments: { code: '6 * 7', session_id: 's' },
    })) as unknown as { structuredContent: Structured };
    expect(result.structuredContent.value_json).toBe(42);
    const hanging = client
      .callTool({ name: 'python_execute', arguments: { code: 'import time; time.sleep(60)' } })
      .catch((error: Error) => error);
    await expect.poll(() => processesWith(String(MARK)).length).toBeGreaterThanOrEqual(5);
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(handlers);
    await server.close();
    expect(processesWith(String(MARK))).toEqual([]);
    expect(await hanging).toBeInstanceOf(Error);
  });

  it.skipIf(sandboxMissing)('ends the children when the client goes', async () => {
    const { client } = await link({ outputBytes: MARK + 1 });
    await client.callTool({ name: 'python_execute', arguments: { code: '1', session_id: 's' } });
    await client.close();
    await gone(() => processesWith(String(MARK + 1)));
  });
});
