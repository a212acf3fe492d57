import { definePlugin, MAIN } from '#kernel';
import { ApprovalCommand } from './approval-command.ts';
import { approvalCliConfig } from './config.ts';

export default definePlugin({
  name: 'approval-cli',
  summary: 'Lists, approves and denies what waits for a person on a running server, from a command line.',
  config: approvalCliConfig,
  provides: { main: MAIN },
  create: ({ config }) => ({
    main: new ApprovalCommand(config, {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
    }),
  }),
});
