import { definePlugin, many } from '#kernel';
import { SERVER_RUNNER } from '#plugins/provisioner/api';
import { processRunnerConfig } from './config.ts';
import { DiskUse } from './disk-use.ts';
import { ProcessRunner } from './runner.ts';

export default definePlugin({
  name: 'process-runner',
  summary: 'Installs servers from npm and runs them as child processes in a sandbox.',
  config: processRunnerConfig,
  provides: { runner: many(SERVER_RUNNER, 'process') },
  create: ({ config, log }) => {
    const runner = new ProcessRunner(config);
    const disk = new DiskUse(runner.folders);
    return {
      runner,
      start: async () => {
        await runner.start();
        if (runner.unsandboxed !== undefined)
          log.warn('Servers have no sandbox here.', { reason: runner.unsandboxed, sandbox: config.sandbox });
      },
      health: () => ({
        ok: true,
        detail: {
          sandboxed: runner.unsandboxed === undefined,
          ...(runner.unsandboxed !== undefined && { reason: runner.unsandboxed }),
          node: process.version,
          ...disk.now(),
        },
      }),
    };
  },
});
