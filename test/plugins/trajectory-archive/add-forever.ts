/** Adds runs until it is killed; says on standard output which ones are there. */
import { writeSync } from 'node:fs';
import storagePlugin from '../../../plugins/storage/index.ts';
import archivePlugin from '../../../plugins/trajectory-archive/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { arrived, madeRun } from './made-runs.ts';

const [place = '{}', name = '', times = '1000000'] = process.argv.slice(2);
const { plugin: database } = await openPlugin(storagePlugin, JSON.parse(place) as object);
const opened = await openPlugin(archivePlugin, {}, { storage: database.storage });
const { archive } = opened.plugin;
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));

for (let at = 0; at < Number(times); at += 1) {
  // Every other run is one that the others add too, and every run has a text that all have.
  const messages = [
    { role: 'system' as const, text: 'You are careful. '.repeat(100) },
    { role: 'user' as const, text: `${at} `.repeat(1_000) },
    { role: 'assistant' as const, text: '', calls: [{ id: 'c', tool: { name: 'tool' }, args: {} }] },
    { role: 'tool' as const, text: '', answers: 'c' },
  ];
  const runs = Array.from({ length: 20 }, (_, n) => madeRun(`${n % 2 === 0 ? 'all' : name} ${at} ${n}`, { messages }));
  const added = await archive.add(runs.map((run) => arrived(run)));
  writeSync(1, added.map(({ id, outcome }) => `${outcome} ${id}\n`).join(''));
}
process.disconnect();
