import { definePlugin } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { TRAJECTORY_ARCHIVE } from './api.ts';
import { Archive } from './archive.ts';
import { archiveConfig } from './config.ts';

export default definePlugin({
  name: 'trajectory-archive',
  summary: 'Keeps imported trajectories, each once and compressed, and counts what tools did in them.',
  config: archiveConfig,
  requires: { storage: STORAGE },
  provides: { archive: TRAJECTORY_ARCHIVE },
  create({ storage, config, events }) {
    const archive = new Archive(storage, config, events);
    return { archive, start: () => archive.start(), health: () => archive.health() };
  },
});
