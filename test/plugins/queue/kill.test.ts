import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { PROJECT_NODE } from '../../support/boot-kernel.ts';
import { onBothDatabases, until } from './open-queue.ts';

const JOBS = 40;
const LEASE_MS = 900;

onBothDatabases('workers that die and freeze', ({ open, on, place }) => {
  /** A worker in a process of its own, and what it said. */
  function startWorker(name: string) {
    const child: ChildProcess = fork(
      join(import.meta.dirname, 'worker-process.ts'),
      [JSON.stringify(place()), name, '80'],
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
});
