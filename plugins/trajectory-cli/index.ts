import { definePlugin, MAIN } from '#kernel';
import { REDACTOR } from '#plugins/redaction/api';
import { SYNTHESIS, SYNTHESIS_REPORT } from '#plugins/synthesizer/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { TRAJECTORY_ARCHIVE } from '#plugins/trajectory-archive/api';
import { TRAJECTORY_FORMATS } from '#plugins/trajectory-formats/api';
import { trajectoryCliConfig } from './config.ts';
import { TrajectoryCommand } from './trajectory-command.ts';
import { writingTo } from './written.ts';

export default definePlugin({
  name: 'trajectory-cli',
  summary: 'Imports, lists, shows, exports and erases runs, and what tools did in them, from a command line.',
  config: trajectoryCliConfig,
  requires: {
    trajectories: TRAJECTORIES,
    archive: TRAJECTORY_ARCHIVE,
    formats: TRAJECTORY_FORMATS,
    redactor: REDACTOR,
  },
  optional: { synthesis: SYNTHESIS, report: SYNTHESIS_REPORT },
  provides: { main: MAIN },
  create: ({ trajectories, archive, formats, redactor, synthesis, report, config }) => ({
    main: new TrajectoryCommand({ trajectories, archive, formats, redactor, synthesis, report }, config, {
      out: writingTo(process.stdout),
      err: writingTo(process.stderr),
      isTerminal: process.stderr.isTTY,
    }),
  }),
});
