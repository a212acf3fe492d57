import path from 'node:path';
import { expect, it } from 'vitest';
import { createGuard } from '#plugins/agent-runtime/api';
import { liveMcpBench, type RecordedRun, recordedIn, sweAgent, tauBench } from './guard-recorded.ts';

/** Recorded runs, beside the clone. */
const DATA = path.resolve('../shared/data/trajectories');
/** Hands in the same wrong flag again and again. */
const STUCK = 'ctf__crypto__eps.traj';

const alarms = ({ events }: RecordedRun): readonly string[] => {
  const guard = createGuard();
  return events.flatMap((event, at) => {
    const { verdict = 'ok', kind, message } = event(guard) ?? {};
    return verdict === 'ok' ? [] : [`${verdict} ${kind} at ${at}: ${message}`];
  });
};

const here = recordedIn(DATA);
if (!here) console.warn(`no recorded runs in ${DATA}: the guard's false alarms are not counted`);

(here ? it : it.skip).each([
  { set: 'tau-bench-airline', read: tauBench, least: 50 },
  { set: 'livemcpbench', read: liveMcpBench, least: 40 },
  { set: 'swe-agent', read: sweAgent, least: 12 },
])('no false alarm in the successful runs of $set', ({ set, read, least }) => {
  const runs = read(`${DATA}/${set}`).filter(({ succeeded, id }) => succeeded && id !== STUCK);
  expect(runs.length).toBeGreaterThanOrEqual(least);
  expect(runs.flatMap((run) => alarms(run).map((alarm) => `${run.id}: ${alarm}`))).toEqual([]);
  const calls = runs.reduce((sum, run) => sum + run.calls, 0);
  console.info(`${set}: ${runs.length} successful runs with ${calls} calls, no alarm`);
});

(here ? it : it.skip)('the run that hands in the same wrong answer again and again is found', () => {
  const stuck = sweAgent(`${DATA}/swe-agent`).find(({ id }) => id === STUCK)!;
  expect(alarms(stuck).at(-1)).toMatch(/^nudge|^stop same_call/);
});

(here ? it : it.skip)('what it says of the runs that failed', () => {
  const failed = [...tauBench(`${DATA}/tau-bench-airline`), ...liveMcpBench(`${DATA}/livemcpbench`)].filter(
    ({ succeeded }) => !succeeded,
  );
  const told = failed.flatMap((run) => alarms(run).map((alarm) => `  ${run.id}: ${alarm.slice(0, 200)}`));
  console.info(
    [
      `${failed.length} failed runs, of which ${new Set(told.map((line) => line.split(':')[0])).size} loop`,
      ...told,
    ].join('\n'),
  );
  expect(told.length).toBeLessThan(failed.length);
});
