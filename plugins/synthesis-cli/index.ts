import { definePlugin, MAIN } from '#kernel';
import { SYNTHESIS } from '#plugins/synthesizer/api';
import { synthesisCliConfig } from './config.ts';
import { SynthesisCommand } from './synthesis-command.ts';
import { writingTo } from './written.ts';

/** A terminal may say 0 columns, which means that it does not know. */
const UNKNOWN_WIDTH = 80;

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
      ...(process.stderr.isTTY === true && { columns: () => process.stderr.columns || UNKNOWN_WIDTH }),
    }),
  }),
});
