import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PROJECT_NODE } from '../../support/boot-kernel.ts';
import { arrived, madeRun } from './made-runs.ts';
import { allHeads, onBothDatabases } from './open-archive.ts';

onBothDatabases('several processes', ({ open, on, place, dialect }) => {
  /** Stands ready to add; goes when it is told. */
  async function startAdding(name: string, times?: number) {
    const file = join(import.meta.dirname, 'add-forever.ts');
    const args = [JSON.stringify(place()), name, ...(times === undefined ? [] : [`${times}`])];
    const child: ChildProcess = fork(file, args, {
      execPath: PROJECT_NODE,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const closed = once(child, 'close');
    await once(child, 'message');
    return {
      child,
      closed,
      go: () => child.send('go'),
      ids: (outcome: string) => [...said.matchAll(new RegExp(`^${outcome} (.+)$`, 'gm'))].map(([, id]) => id!),
    };
  }
  const counts = async (storage: Awaited<ReturnType<typeof open>>['storage']) =>
    storage.get(`SELECT (SELECT COUNT(*) FROM archive_runs) AS runs, (SELECT COUNT(*) FROM archive_bodies) AS bodies,
      (SELECT SUM(calls) FROM archive_effects) AS calls, (SELECT COUNT(*) FROM archive_texts WHERE refs < 1) AS loose,
      (SELECT SUM(refs) FROM archive_texts) AS refs, (SELECT n FROM archive_counts WHERE name = 'runs') AS counted`);

  on('that add the same at once keep one of each, and number them as one', { timeout: 60_000 }, async () => {
    const here = await open();
    const adding = [await startAdding('a', 30), await startAdding('b', 30)];
    try {
      for (const { go } of adding) go();
      // Whoever reads what comes, in pages, misses nothing that appears later with a lower number.
      const followed: string[] = [];
      let after = 0;
      const follow = async (): Promise<void> => {
        for (const { id, seq } of await here.archive.heads(after)) {
          followed.push(id);
          after = seq;
        }
      };
      const over = Promise.all(adding.map(({ closed }) => closed));
      for (let going = true; going; ) {
        going = await Promise.race([over.then(() => false), sleep(5, true)]);
        await follow();
      }
      const ids = (await allHeads(here.archive)).map(({ id }) => id);
      expect(followed).toEqual(ids);
      const added = adding.flatMap((each) => each.ids('added'));
      expect(added.length).toBe(new Set(added).size);
      expect([...added].sort()).toEqual([...ids].sort());
      expect(ids).toHaveLength(30 * 30);
      expect(adding.flatMap((each) => each.ids('duplicate'))).toHaveLength(30 * 10);
      expect(await counts(here.storage)).toEqual({
        runs: 900,
        bodies: 900,
        calls: 900,
        loose: 0,
        refs: 1_800,
        counted: 900,
      });
      // Adding finds out what others have added meanwhile.
      const theirs = arrived(madeRun('theirs'));
      await (await open()).archive.add([theirs]);
      expect(here.archive.knows(theirs.bytesHash)).toBe(false);
      await here.archive.add([arrived(madeRun('mine'))]);
      expect(here.archive.knows(theirs.bytesHash)).toBe(true);
    } finally {
      for (const { child } of adding) child.kill('SIGKILL');
    }
  });

  on('killed while they add: what was told to be there is there, and whole', { timeout: 60_000 }, async () => {
    const told: string[] = [];
    for (let kill = 0; kill < 4; kill += 1) {
      const adding = await startAdding(`k${kill}`);
      adding.go();
      await sleep(30 + kill * 37);
      adding.child.kill('SIGKILL');
      await adding.closed;
      told.push(...adding.ids('added'));
    }
    expect(told.length).toBeGreaterThan(20);
    const { archive, storage } = await open();
    const heads = await allHeads(archive);
    const ids = heads.map(({ id }) => id);
    expect(told.filter((id) => !ids.includes(id))).toEqual([]);
    expect((await archive.many(ids)).every(({ messages }) => messages.length === 4)).toBe(true);
    const runs = ids.length;
    expect(runs % 10).toBe(0);
    expect(await counts(storage)).toEqual({ runs, bodies: runs, calls: runs, loose: 0, refs: 2 * runs, counted: runs });
    expect((await archive.totals()).runs).toBe(runs);
    // Known are the records of runs that are there, and of no others.
    expect(archive.knows(arrived(madeRun('nobody')).bytesHash)).toBe(false);
  });

  if (dialect === 'sqlite')
    test('a full disk is told, nothing is lost, and it goes on with room', async () => {
      const { archive, storage } = await open();
      const first = arrived(madeRun('first'));
      await archive.add([first]);
      const { page_count: pages } = (await storage.get<{ page_count: number }>('PRAGMA page_count'))!;
      await storage.all(`PRAGMA max_page_count = ${pages + 4}`);
      const noise = () => Array.from({ length: 3_000 }, () => Math.random().toString(36)).join('');
      const many = Array.from({ length: 30 }, (_, at) => arrived(madeRun(`run ${at}`, { request: noise() })));
      await expect(archive.add(many)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      expect(many.some(({ bytesHash }) => archive.knows(bytesHash))).toBe(false);
      expect(await allHeads(archive)).toHaveLength(1);
      expect(await archive.get(first.run.id)).toEqual(first.run);
      await storage.all('PRAGMA max_page_count = 100000');
      expect((await archive.add(many)).map(({ outcome }) => outcome)).toEqual(many.map(() => 'added'));
      expect(await archive.many(many.map(({ run }) => run.id))).toEqual(many.map(({ run }) => run));
      expect(await archive.totals()).toMatchObject({ runs: 31, duplicates: 0 });
    });
});
