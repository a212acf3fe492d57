import { definePlugin } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { CALL_LOG } from './api.ts';
import { CallTable } from './call-table.ts';
import { callLogConfig } from './config.ts';
import { OnceLog, type RunningCalls } from './once-log.ts';
import { keepSweeping } from './sweep.ts';

export default definePlugin({
  name: 'call-log',
  summary: 'Holds calls with a key to once: joins those that run, replays those that ended, over restarts.',
  config: callLogConfig,
  requires: { storage: STORAGE, registry: TOOL_REGISTRY },
  provides: { calls: CALL_LOG },
  stateVersion: 1,
  create({ config, storage, registry, log, defer }) {
    const table = new CallTable(storage, config);
    const calls = new OnceLog(table, registry, log);
    return {
      calls,
      async start() {
        await table.prepare();
        await keepSweeping(table, log, defer);
      },
      health: () => ({ ok: true, detail: { running: calls.running.size } }),
      exportState: () => calls.running,
      importState: (state: unknown) => calls.adopt(state as RunningCalls),
    };
  },
});
