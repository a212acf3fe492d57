import { z } from 'zod';
import { definePlugin } from '#kernel';
import { AGENT } from '#plugins/agent-runtime/api';
import { ScriptedAgent } from './scripted-agent.ts';

export default definePlugin({
  name: 'scripted-agent',
  summary: 'Stands in for the agent in tests of the plugins around it.',
  config: z.strictObject({ dir: z.string().default('.').describe('where runs are kept') }),
  provides: { agent: AGENT },
  create: ({ config }) => ({ agent: new ScriptedAgent(config.dir) }),
});
