/** Appends rows until it is killed, and prints the id of each one when its promise has resolved. */
import { writeSync } from 'node:fs';
import storagePlugin from '../../../plugins/storage/index.ts';
import { openPlugin } from '../open-plugin.ts';

const [dir = '', from = '0'] = process.argv.slice(2);
const { plugin } = await openPlugin(storagePlugin, { dir, appendFlushMs: 1 });
await plugin.storage.migrate('rows', [{ name: 'table', sql: 'CREATE TABLE rows (id BIGINT PRIMARY KEY, text TEXT)' }]);
for (let id = Number(from); id < Number(from) + 900_000; id += 20) {
  const group = Array.from({ length: 20 }, (_, at) =>
    plugin.storage.append('rows', { id: id + at, text: 'x'.repeat(200) }).then(() => writeSync(1, `${id + at}\n`)),
  );
  await Promise.all(group);
}
