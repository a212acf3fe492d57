import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeConformance } from '../judges/conformance.ts';
import { formatVerdict } from '../judges/conformance-checks.ts';
import { FIXTURE } from './conformance-fixture.ts';
import { judgesInstalled } from './judges-installed.ts';
import { startToolServer, type ToolServer } from './tool-server.ts';

const SUITE_MS = 180_000;

/**
 * What only a server of the modern era can do: the fixture asks several things in one result, keeps a sealed state
 * between rounds, or refuses a client by what it has not declared. Spoken to as a legacy server it asks one by one.
 */
const MODERN_ONLY = [
  'input-required-result-basic-elicitation',
  'input-required-result-multi-round',
  'input-required-result-multiple-input-requests',
  'server-stateless',
];

describe.skipIf(!(await judgesInstalled('judges')))('a server of one era before clients of the other', () => {
  let server: ToolServer;
  beforeAll(async () => {
    const fixture = { command: process.execPath, args: [FIXTURE] };
    server = await startToolServer({
      legacy: { ...fixture, protocol: 'legacy' },
      modern: { ...fixture, protocol: 'modern' },
    });
    await server.ready();
  }, SUITE_MS);
  afterAll(() => server?.stop());

  const failed = async (id: string, requirements: string) => {
    const verdict = await judgeConformance({ url: `${server.url}/mcp/servers/${id}`, requirements });
    process.stdout.write(`${id}: ${formatVerdict(verdict, requirements).split('\n').at(-1)}\n`);
    const failures = verdict.checks.filter(({ scored, status }) => scored && status === 'FAILURE');
    return [...new Set(failures.map(({ scenario }) => scenario))];
  };

  test('a modern one passes the suite of 2025-11-25', { timeout: SUITE_MS }, async () => {
    expect(await failed('modern', '2025-11-25')).toEqual([]);
  });

  test('a legacy one passes that of 2026-07-28 but for what its era cannot do', { timeout: SUITE_MS }, async () => {
    expect(MODERN_ONLY).toEqual(expect.arrayContaining(await failed('legacy', '2026-07-28')));
  });
});
