import { definePlugin, MAIN } from '#kernel';
import { SYNTHESIS } from '#plugins/synthesizer/api';
import { synthesisCliConfig } from './config.ts';
import { SynthesisCommand } from './synthesis-command.ts';
import { writingTo } from './written.ts';

export default definePlugin({
  name: 'synthesis-cli',
  summary: 'Makes seed tasks of files and folders of trajectories from a command line: once, or as they come.',
  config: synthesisCliConfig,
  requires: { synthesis: SYNTHESIS },
  provides: { main: MAIN },
  create: ({ synthesis, config }) => ({
    main: new SynthesisCommand(synthesis, config, {
      out: writingTo(process.stdout),
      err: writingTo(process.stderr),
      ...(process.stderr.isTTY === true && { columns: () => process.stderr.columns }),
    }),
  }),
});
