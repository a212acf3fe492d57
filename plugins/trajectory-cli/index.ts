import { definePlugin, MAIN } from '#kernel';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { trajectoryCliConfig } from './config.ts';
import { TrajectoryCommand } from './trajectory-command.ts';
import { writingTo } from './written.ts';

export default definePlugin({
  name: 'trajectory-cli',
  summary: 'Lists, shows and exports recorded runs, and what tools did in them, from a command line.',
  config: trajectoryCliConfig,
  requires: { trajectories: TRAJECTORIES },
  provides: { main: MAIN },
  create: ({ trajectories, config }) => ({
    main: new TrajectoryCommand(trajectories, config, {
      out: writingTo(process.stdout),
      err: writingTo(process.stderr),
    }),
  }),
});
