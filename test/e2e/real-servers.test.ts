import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Backing, startBacking } from '../judges/real-servers/backing.ts';
import { SERVERS } from '../judges/real-servers/calls.ts';
import { runDirect } from '../judges/real-servers/direct.ts';
import { launch, type Need, normalise, type Outcome, prepare } from '../judges/real-servers/real-server.ts';
import { judgesInstalled } from './judges-installed.ts';
import { startToolServer } from './tool-server.ts';
import { WAYS } from './ways-to-call.ts';

// Browsers are large and slow; with CHROMIUM set, those that need one are called too.
const NEEDS: readonly Need[] =
  process.env.CHROMIUM === undefined ? ['redis', 'postgres'] : ['redis', 'postgres', 'chromium'];
const CALLABLE = SERVERS.filter(({ needs }) => needs.every((need) => NEEDS.includes(need)));
const SERVER_MS = 120_000;
// Each takes eight processes; more at once only take turns.
vi.setConfig({ maxConcurrency: 2 });

describe.skipIf(!(await judgesInstalled('real-servers')))('real servers', () => {
  let backing: Backing;
  const called = new Map<string, number>();

  beforeAll(async () => {
    backing = await startBacking(NEEDS);
  }, SERVER_MS);
  afterAll(async () => {
    const calls = [...called.values()].reduce((sum, count) => sum + count, 0);
    const names = [...called.keys()].sort().join(', ');
    process.stdout.write(
      `${called.size} real servers, ${calls} calls, each ${Object.keys(WAYS).length} ways and directly: ${names}\n`,
    );
    const left = SERVERS.filter(({ id }) => !called.has(id)).map(({ id, needs }) => `${id} (${needs.join(', ')})`);
    if (left.length > 0) process.stdout.write(`left out: ${left.join(', ')}\n`);
    await backing?.stop();
  });

  describe.concurrent('every call of the table gives what the direct call gives, whichever way it goes', () => {
    test.for(CALLABLE)('$id', { timeout: SERVER_MS }, async (server, { skip, annotate }) => {
      const missing = server.needs.filter((need) => !backing.has.has(need));
      if (missing.length > 0 && process.env.CI !== 'true') skip(`no ${missing.join(', ')} here`);

      // Calls build on one another, so each way has an instance of the server and a place of its own.
      const ways = await Promise.all(
        Object.entries(WAYS).map(async ([way, open]) => ({ way, open, place: await backing.newPlace(server.needs) })),
      );
      for (const { place } of ways) await prepare(server, place);
      const id = (way: string) => `${server.id}-${way}`;
      const entries = Object.fromEntries(ways.map(({ way, place }) => [id(way), launch(server, place)]));
      const directPlace = await backing.newPlace(server.needs);
      const [direct, tools] = await Promise.all([runDirect(server, directPlace), startToolServer(entries)]);
      try {
        await tools.ready(60_000);
        const expected = direct.outcomes;
        const through = await Promise.all(
          ways.map(async ({ way, open, place }): Promise<[string, Outcome[]]> => {
            const caller = await open(tools.url, id(way));
            const listed = await caller.list?.();
            if (listed !== undefined)
              // A server may list more to a client that can be asked questions, as ours can.
              expect(defined(normalise(server, place, listed)), way).toEqual(
                expect.arrayContaining(defined(normalise(server, directPlace, direct.tools))),
              );
            const outcomes: Outcome[] = [];
            for (const call of server.calls(place)) outcomes.push(normalise(server, place, await caller.call(call)));
            await caller.close();
            return [way, outcomes];
          }),
        );
        expect(Object.fromEntries(through)).toEqual(Object.fromEntries(through.map(([way]) => [way, expected])));
        called.set(server.id, expected.length);
        await annotate(`${expected.length} calls, ${ways.length} ways, start ${direct.startMs} ms`);
      } finally {
        await tools.stop();
      }
    });
  });
});

/** Tasks left the protocol with 2026-07-28, and its clients drop the member that announced them. */
const defined = (tools: readonly object[]) =>
  tools.map((tool) => Object.fromEntries(Object.entries(tool).filter(([key]) => key !== 'execution')));
