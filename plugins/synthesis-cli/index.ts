import { definePlugin, MAIN } from '#kernel';
import { SYNTHESIS } from '#plugins/synthesizer/api';
import { synthesisCliConfig } from './config.ts';
import { SynthesisCommand } from './synthesis-command.ts';

export default definePlugin({
  name: 'synthesis-cli',
  summary: 'Makes seed tasks of files and folders of trajectories from a command line: once, or as they come.',
  config: synthesisCliConfig,
  requires: { synthesis: SYNTHESIS },
  provides: { main: MAIN },
  create: ({ synthesis, config }) => ({
    main: new SynthesisCommand(synthesis, config, {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      isTerminal: process.stderr.isTTY === true,
    }),
  }),
});
