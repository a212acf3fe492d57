import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeConformance } from '../judges/conformance.ts';
import { type Check, formatVerdict, type Verdict } from '../judges/conformance-checks.ts';
import { FIXTURE, startFixture } from './conformance-fixture.ts';
import { judgesInstalled } from './judges-installed.ts';
import { startToolServer, type ToolServer } from './tool-server.ts';

const REVISIONS = ['2025-11-25', '2026-07-28'];
const SUITE_MS = 180_000;

/** What was looked at, whatever came of it; log entries of the suite have no verdict and are left out. */
const names = (checks: readonly Check[]): string[] => [
  ...new Set(
    checks.filter(({ scored }) => scored).map(({ scenario, id, status }) => `${scenario} / ${id}${weight(status)}`),
  ),
];
const weight = (status: Check['status']): string => (status === 'SKIPPED' ? ' (skipped)' : '');

describe.skipIf(!(await judgesInstalled('judges')))('the official conformance suite', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let server: ToolServer;
  const direct = new Map<string, Verdict>();

  beforeAll(async () => {
    fixture = await startFixture();
    server = await startToolServer({
      stdio: { command: process.execPath, args: [FIXTURE] },
      http: { url: fixture.url },
    });
    await server.ready();
    for (const requirements of REVISIONS)
      direct.set(requirements, await judgeConformance({ url: fixture.url, requirements }));
  }, SUITE_MS);
  afterAll(async () => {
    await server?.stop();
    await fixture?.stop();
  });

  for (const launch of ['stdio', 'http']) {
    test.for(REVISIONS)(
      `passes %s through /mcp/servers/{id} of a ${launch} server`,
      {
        timeout: SUITE_MS,
      },
      async (requirements) => {
        const verdict = await judgeConformance({ url: `${server.url}/mcp/servers/${launch}`, requirements });
        process.stdout.write(`through ${launch}: ${formatVerdict(verdict, requirements).split('\n').at(-1)}\n`);
        expect(verdict.code, formatVerdict(verdict, requirements)).toBe(0);
        expect(failures(verdict)).toEqual([]);
        expect(names(verdict.checks)).toEqual(expect.arrayContaining(names(direct.get(requirements)!.checks)));
      },
    );
  }

  const client = resolve(import.meta.dirname, '../fixtures/conformance-client.ts');
  test.for(REVISIONS)("passes %s with the dispatcher's client", { timeout: SUITE_MS }, async (requirements) => {
    const clientCommand = `${process.execPath} ${client}`;
    const verdict = await judgeConformance({ clientCommand, requirements });
    process.stdout.write(`client: ${formatVerdict(verdict, requirements).split('\n').at(-1)}\n`);
    expect(verdict.code, formatVerdict(verdict, requirements)).toBe(0);
    expect(failures(verdict)).toEqual([]);
  });
});

const failures = ({ checks }: Verdict): string[] =>
  checks
    .filter(({ scored, status }) => scored && (status === 'FAILURE' || status === 'WARNING'))
    .map(({ scenario, id }) => `${scenario} / ${id}`);
