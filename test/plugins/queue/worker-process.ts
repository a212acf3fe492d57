/** Works a lane until it is killed; says on standard output which jobs it begins and ends, and what it lost. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import queuePlugin from '../../../plugins/queue/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { openPlugin } from '../open-plugin.ts';

const [place = '{}', name = '', workMs = '50'] = process.argv.slice(2);
const options = JSON.parse(place) as { storage: object; queue: object };
const { plugin: database } = await openPlugin(storagePlugin, options.storage);
const { storage } = database;
const { plugin } = await openPlugin(queuePlugin, { leaseMs: 900, pollMs: 30, ...options.queue }, { storage });
const say = (what: string, id: string) => writeSync(1, `${what} ${id}\n`);
process.once('disconnect', () => process.exit(0));

plugin.queue.work('kill', { concurrency: 3 }, async ({ id }, signal) => {
  say('begin', id);
  try {
    await sleep(Number(workMs), undefined, { signal });
  } catch {
    say('aborted', id);
    throw signal.reason;
  }
  // The effect, keyed by the job's id: once, however often it is worked.
  await storage.run(
    'INSERT INTO sink (id, worker, tries) VALUES (?, ?, 1) ON CONFLICT (id) DO UPDATE SET tries = sink.tries + 1',
    [id, name],
  );
  say('end', id);
});
