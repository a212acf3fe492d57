import { definePlugin } from '#kernel';
import { TRAJECTORY_FORMATS } from './api.ts';
import { formatsConfig } from './config.ts';
import { Formats } from './formats.ts';

export default definePlugin({
  name: 'trajectory-formats',
  summary: 'Reads trajectories of any agent, however they are packed, and writes them in formats that others read.',
  config: formatsConfig,
  provides: { formats: TRAJECTORY_FORMATS },
  create: ({ config }) => ({ formats: new Formats(config) }),
});
