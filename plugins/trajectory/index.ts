import { definePlugin } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { TRAJECTORIES } from './api.ts';
import { trajectoryConfig } from './config.ts';
import { Recorder } from './recorder.ts';

export default definePlugin({
  name: 'trajectory',
  summary: 'Records every step of every run in files that survive a crash, and counts tool uses from them.',
  config: trajectoryConfig,
  requires: { storage: STORAGE },
  provides: { trajectories: TRAJECTORIES },
  create({ storage, config, log }) {
    const trajectories = new Recorder(storage, config, log);
    return {
      trajectories,
      start: () => trajectories.start(),
      stop: () => trajectories.stop(),
      health: () => trajectories.health(),
    };
  },
});
