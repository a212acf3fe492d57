import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { PROJECT_NODE } from '../../support/boot-kernel.ts';
import { onEveryBackend, until } from './open-queue.ts';

const JOBS = 40;
const LEASE_MS = 900;

onEveryBackend('workers that die and freeze', ({ open, on, place }) => {
  /** A worker in a process of its own, and what it said. */
  function startWorker(name: string, workMs = 80) {
    const child: ChildProcess = fork(
      join(import.meta.dirname, 'worker-process.ts'),
      [JSON.stringify(place()), name, `${workMs}`],
      {
        execPath: PROJECT_NODE,
        execArgv: [],
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      },
    );
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ids = (what: string) => [...said.matchAll(new RegExp(`^${what} (.+)$`, 'gm'))].map(([, id]) => id!);
    return { child, ids, atWork: () => ids('begin').filter((id) => !ids('end').includes(id)) };
  }

  on(
    'one killed, one frozen beyond its lease: every job is done, each effect is there once',
    { timeout: 60_000 },
    async () => {
      const { queue, services } = await open();
      await services.storage.run(
        'CREATE TABLE sink (id TEXT PRIMARY KEY, worker TEXT NOT NULL, tries BIGINT NOT NULL)',
      );
      const workers = [startWorker('a'), startWorker('b')] as const;
      const [a, b] = workers;
      try {
        for (let at = 0; at < JOBS; at++) await queue.add('kill', { id: `job-${at}`, payload: at });
        await until(() => expect(b.ids('end').length).toBeGreaterThan(2));
        await until(() => expect(b.atWork().length).toBeGreaterThan(0));
        b.child.kill('SIGSTOP');
        await sleep(20);
        const frozen = b.atWork();
        expect(frozen.length).toBeGreaterThan(0);
        // Its jobs are worked by the other one, while the first one is frozen with them.
        await until(() => expect(a.ids('end')).toEqual(expect.arrayContaining(frozen)));
        await sleep(LEASE_MS / 2);
        for (let at = JOBS; at < 2 * JOBS; at++) await queue.add('kill', { id: `job-${at}`, payload: at });
        await until(() => expect(a.atWork().length).toBeGreaterThan(0));
        a.child.kill('SIGKILL');
        b.child.kill('SIGCONT');
        await until(async () => expect((await queue.counts('kill')).done).toBe(2 * JOBS));
        expect(await queue.counts('kill')).toEqual({ waiting: 0, active: 0, done: 2 * JOBS, failed: 0, cancelled: 0 });
        const sink = await services.storage.all<{ id: string; worker: string }>('SELECT id, worker FROM sink');
        expect(new Set(sink.map(({ id }) => id)).size).toBe(2 * JOBS);
        expect(sink).toHaveLength(2 * JOBS);
        // What the frozen one had was taken from it once more, and it could not end it in its own name.
        for (const id of frozen) {
          const job = await queue.get('kill', id);
          expect(job).toMatchObject({ state: 'done', attempts: 2 });
          expect(sink.find((row) => row.id === id)?.worker).toBe('a');
        }
      } finally {
        for (const { child } of workers) {
          child.kill('SIGCONT');
          child.kill('SIGKILL');
        }
      }
    },
  );

  on(
    'killed in the middle of quick work: what was ended stays so, all else is done again',
    { timeout: 60_000 },
    async () => {
      const { queue, services } = await open({ leaseMs: 900 });
      await services.storage.run(
        'CREATE TABLE sink (id TEXT PRIMARY KEY, worker TEXT NOT NULL, tries BIGINT NOT NULL)',
      );
      const ids = Array.from({ length: 600 }, (_, at) => `job-${at}`);
      await queue.addMany(
        'kill',
        ids.map((id) => ({ id, payload: 0 })),
      );
      const first = startWorker('a', 0);
      const second: ReturnType<typeof startWorker>[] = [];
      try {
        await until(() => expect(first.ids('end').length).toBeGreaterThan(40));
        const ended = new Promise((resolve) => first.child.once('exit', resolve));
        first.child.kill('SIGKILL');
        await ended;
        const states = await Promise.all(ids.map(async (id) => (await queue.get('kill', id))?.state));
        const done = ids.filter((_, at) => states[at] === 'done');
        expect(done.length).toBeGreaterThan(0);
        expect(done.length).toBeLessThan(ids.length);
        second.push(startWorker('b', 0));
        await until(async () => expect((await queue.counts('kill')).done).toBe(ids.length));
        const again = new Set(second[0]!.ids('begin'));
        expect(done.filter((id) => again.has(id))).toEqual([]);
        expect(again.size).toBe(ids.length - done.length);
      } finally {
        for (const { child } of [first, ...second]) child.kill('SIGKILL');
      }
    },
  );
});
