import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERAS, inspect } from '../judges/inspector.ts';
import { FIXTURE } from './conformance-fixture.ts';
import { judgesInstalled } from './judges-installed.ts';
import { startToolServer, type ToolServer } from './tool-server.ts';

const RUN_MS = 60_000;
const ECHO = new URL('../fixtures/servers/echo.ts', import.meta.url).pathname;

interface Listed {
  readonly result?: { readonly tools: readonly { readonly name: string }[] };
}

describe.skipIf(!(await judgesInstalled('judges')))('the MCP Inspector', () => {
  let server: ToolServer;
  beforeAll(async () => {
    server = await startToolServer({
      echo: { command: process.execPath, args: [ECHO] },
      fixture: { command: process.execPath, args: [FIXTURE] },
    });
    await server.ready();
  }, RUN_MS);
  afterAll(() => server?.stop());

  describe.for(ERAS)('in the era %s', (era) => {
    test('lists the tools of all servers, with portable schemas', { timeout: RUN_MS }, async () => {
      const { code, output, stderr } = await inspect({ url: `${server.url}/mcp`, era }, 'tools/list', '--strict');
      expect(code, stderr).toBe(0);
      const names = (output as Listed | undefined)?.result?.tools.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['echo__echo', 'fixture__test_simple_text']));
    });

    test('calls a tool', { timeout: RUN_MS }, async () => {
      const target = { url: `${server.url}/mcp`, era };
      const args = ['--tool-name', 'echo__echo', '--tool-args-json', '{"text":"naïve 世界"}'];
      const { code, output, stderr } = await inspect(target, 'tools/call', ...args);
      expect(code, stderr).toBe(0);
      expect(output?.result).toMatchObject({ content: [{ type: 'text', text: 'naïve 世界' }] });
    });

    test('is told that a tool is unknown', { timeout: RUN_MS }, async () => {
      const target = { url: `${server.url}/mcp`, era };
      const { code } = await inspect(target, 'tools/call', '--tool-name', 'echo__ecko', '--tool-args-json', '{}');
      expect(code).toBe(5);
    });
  });
});
