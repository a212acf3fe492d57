import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import type { CapabilityJob } from '#plugins/tool-client/api';
import { type OpenedAgent, openAgent } from './open-agent.ts';
import { type Script, ScriptedLlm } from './scripted-llm.ts';
import { ScriptedPlane } from './scripted-plane.ts';

const RUNS = 200;

/** What may happen between a need and its tool, and in which order. */
interface Way {
  /** ms until the tool is on the list; before the answer to the request where it is 0. */
  readonly listedAfter: number;
  readonly doneAfter: number;
  /** Whether anybody says that the job is done. */
  readonly isTold: boolean;
  /** For so long nobody can be asked. */
  readonly unreachableFor: number;
  /** The server was restarted and knows the job no more. */
  readonly isForgotten: boolean;
  /** Somebody else brings a tool that can do it, and the job fails. */
  readonly byOthers: boolean;
  /** The agent's process ends while it waits, and goes on after so many ms. */
  readonly restartAfter: number | undefined;
}
const way: fc.Arbitrary<Way> = fc.record({
  listedAfter: fc.integer({ min: 0, max: 30 }),
  doneAfter: fc.integer({ min: 0, max: 30 }),
  isTold: fc.boolean(),
  unreachableFor: fc.constantFrom(0, 0, 15),
  isForgotten: fc.boolean(),
  byOthers: fc.constantFrom(false, false, false, true),
  restartAfter: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 25 })),
});

const CALLS = { request: { name: 'request_tool', args: { need: 'shear sheep', capabilities: ['sheep_shearing'] } } };
const script: Script = ({ messages }) => {
  const outputs = messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool' ? [String(part.output)] : [])),
  );
  if (outputs.length === 0) return { calls: [CALLS.request] };
  if (outputs.length === 1) return { calls: [{ name: 'sheep__shear', args: {} }] };
  return { text: `done: ${outputs.join(' | ')}` };
};

describe('a run that waits for a tool', () => {
  let agent: OpenedAgent;
  let plane: ScriptedPlane;
  let llm: ScriptedLlm;
  beforeAll(async () => {
    plane = new ScriptedPlane();
    llm = new ScriptedLlm(script);
    agent = await openAgent(llm, plane);
  });
  afterAll(() => agent.close());

  test(`goes on once and with no model asked meanwhile, however the tool comes: ${RUNS} ways`, async () => {
    const late: number[] = [];
    await fc.assert(
      fc.asyncProperty(way, async (chosen) => {
        const timers: NodeJS.Timeout[] = [];
        const later = (ms: number, work: () => void): void => void timers.push(setTimeout(work, ms));
        plane.remove('sheep__shear');
        plane.calls.length = 0;
        let listedAt = 0;
        let readyAt = 0;
        let asked = 0;
        let isForgotten = chosen.isForgotten;
        const reachableAt = performance.now() + chosen.unreachableFor;
        const reach = (): void => {
          if (performance.now() < reachableAt)
            throw fault('PLANE_UNREACHABLE', 'nobody is there', { kind: 'unavailable' });
        };
        const list = (): void => {
          listedAt = performance.now();
          plane.add('sheep__shear', () => ({ text: 'shorn' }), { capabilities: ['Sheep shearing'] });
        };
        const job = (): CapabilityJob => plane.jobs.get('j') ?? { id: 'j', state: 'running', tools: [] };
        plane.jobs.clear();
        const finish = (): void => {
          const state = chosen.byOthers ? 'failed' : 'done';
          const done: CapabilityJob = { id: 'j', state, tools: chosen.byOthers ? [] : ['sheep/shear'] };
          readyAt = performance.now();
          if (chosen.isTold) plane.tell(done);
          else plane.jobs.set('j', done);
        };
        let isBegun = false;
        plane.request = async () => {
          asked++;
          reach();
          if (!isBegun) {
            isBegun = true;
            // Somebody else's tool comes before the job fails: afterwards nobody waits for it.
            const doneAfter = chosen.byOthers ? chosen.listedAfter + 5 : chosen.doneAfter;
            if (chosen.listedAfter === 0) list();
            else later(chosen.listedAfter, list);
            if (doneAfter === 0) finish();
            else later(doneAfter, finish);
          }
          return job();
        };
        plane.job = async () => {
          reach();
          if (isForgotten) {
            isForgotten = false;
            throw fault('JOB_UNKNOWN', 'not kept', { kind: 'not_found' });
          }
          return job();
        };
        const before = llm.requests.length;
        const stop = new AbortController();
        if (chosen.restartAfter !== undefined) later(chosen.restartAfter, () => stop.abort(new Error('restart')));
        let resumedAt = 0;
        const onEvent = ({ type }: { readonly type: string }): void => {
          if (type === 'resumed') resumedAt = performance.now();
        };
        let result = await agent.run('shear the sheep', { signal: stop.signal, onEvent });
        const requestsWhileWaiting = llm.requests.length - before;
        if (result.stop.kind === 'interrupted') {
          expect(requestsWhileWaiting).toBeLessThanOrEqual(3);
          result = await agent.resume(result.run, { onEvent });
        }
        for (const timer of timers) clearTimeout(timer);
        expect(result).toMatchObject({ stop: { kind: 'done' } });
        expect(result.answer).toContain('shorn');
        expect(llm.requests.length - before).toBe(3);
        expect(plane.calls.filter(({ name }) => name === 'sheep__shear').length).toBeLessThanOrEqual(2);
        expect(new Set(plane.calls.map(({ key }) => key)).size).toBe(1);
        expect(asked).toBeGreaterThan(0);
        if (chosen.restartAfter === undefined && !chosen.byOthers && resumedAt > 0)
          late.push(resumedAt - Math.max(listedAt, readyAt, reachableAt));
      }),
      { numRuns: RUNS },
    );
    const sorted = late.toSorted((a, b) => a - b);
    const p95 = sorted[Math.floor(sorted.length * 0.95)]!;
    process.stdout.write(
      `waits: ${late.length} measured, p50 ${sorted[sorted.length >> 1]!.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`,
    );
    expect(p95).toBeLessThan(200);
  }, 240_000);
});
