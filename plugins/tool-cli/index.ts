import { definePlugin, MAIN } from '#kernel';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { toolCliConfig } from './config.ts';
import { ToolCommand } from './tool-command.ts';

export default definePlugin({
  name: 'tool-cli',
  summary: 'Lists, describes and calls tools from a command line.',
  config: toolCliConfig,
  requires: { registry: TOOL_REGISTRY, dispatcher: TOOL_DISPATCHER },
  provides: { main: MAIN },
  create: ({ registry, dispatcher, config, log }) => ({
    main: new ToolCommand(registry, dispatcher, config, log, {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
    }),
  }),
});
