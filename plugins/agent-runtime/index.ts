import { definePlugin } from '#kernel';
import { CONTEXT } from '#plugins/context/api';
import { LLM } from '#plugins/llm/api';
import { POLICY } from '#plugins/policy/api';
import { SKILLS } from '#plugins/skills/api';
import { TOOL_PLANE } from '#plugins/tool-client/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { ReactAgent } from './agent.ts';
import { AGENT } from './api.ts';
import { agentRuntimeConfig } from './config.ts';

export default definePlugin({
  name: 'agent-runtime',
  summary: 'The agent: thinks, calls tools, waits for those that are missing, and records every step.',
  config: agentRuntimeConfig,
  requires: { llm: LLM, plane: TOOL_PLANE, context: CONTEXT },
  optional: { policy: POLICY, skills: SKILLS, trajectories: TRAJECTORIES },
  provides: { agent: AGENT },
  create: ({ config, llm, plane, context, policy, skills, trajectories, events, log, signal }) => {
    const agent = new ReactAgent({ config, llm, plane, context, policy, skills, trajectories, events, log, signal });
    return {
      agent,
      health: () => ({ ok: true, detail: { running: agent.running, model: llm.model(config.profile) ?? 'none' } }),
    };
  },
});
