import { definePlugin } from '#kernel';
import { STORAGE } from './api.ts';
import { CONFIG } from './config.ts';
import { PostgresDriver } from './postgres.ts';
import { SqliteDriver } from './sqlite.ts';
import { Database } from './storage.ts';

export default definePlugin({
  name: 'storage',
  summary: 'One database for every plugin: an embedded file by default, PostgreSQL by URL.',
  config: CONFIG,
  provides: { storage: STORAGE },
  create: ({ config, log }) => {
    const driver = config.url === '' ? new SqliteDriver(config) : new PostgresDriver(config, log);
    const storage = new Database(driver, config, log);
    return {
      storage,
      start: () => storage.start(),
      stop: () => storage.stop(),
      health: () => storage.health(),
    };
  },
});
