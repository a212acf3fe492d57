import { z } from 'zod';
import type { CapabilityNeed, InstalledServer, ProvisionJob } from './api.ts';

const tool = z.looseObject({
  tool_id: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
  description: z.string().max(20_000).optional(),
  capabilities: z.array(z.string().max(200)).max(100).optional(),
});

/** As seed 000 section 1.2 has it; what is ours: `wait_ms`. */
export const capabilityRequest = z.object({
  task_description: z.string().max(20_000).default('').describe('what is to be done'),
  required_capabilities: z
    .array(z.string().max(200))
    .max(50)
    .default([])
    .describe('what is missing, e.g. image_generation'),
  current_tools: z.array(tool).max(2_000).optional().describe('ignored: what is installed is known here'),
  auto_install: z.boolean().default(true).describe('false: only say what would be installed'),
  security_level: z.enum(['high', 'medium', 'low']).optional().describe('the least that the server must meet'),
  wait_ms: z.number().int().min(0).max(600_000).optional().describe('answer with the job after this time'),
});

export const needOf = (body: z.output<typeof capabilityRequest>): CapabilityNeed => ({
  task: body.task_description,
  requiredCapabilities: body.required_capabilities,
  autoInstall: body.auto_install,
  ...(body.security_level !== undefined && { level: body.security_level }),
  ...(body.wait_ms !== undefined && { waitMs: body.wait_ms }),
});

export const installedWire = (each: InstalledServer) => ({
  tool_id: each.server,
  name: each.title ?? each.server,
  description: each.description,
  capabilities: each.capabilities,
  installation_time: new Date(each.installedAt).toISOString(),
  server_endpoint: `/mcp/servers/${each.server}`,
  candidate: each.candidate,
  version: 'version' in each.distribution ? each.distribution.version : undefined,
  runner: each.runner,
  security_level: each.level,
});

/** The whole job: for its own route. */
export const jobWire = (job: ProvisionJob) => ({
  job_id: job.id,
  state: job.state,
  stage: job.stage,
  task_description: job.need.task,
  required_capabilities: job.need.requiredCapabilities,
  ...resultWire(job),
  candidates: job.candidates.map(({ id, name, description, score, trust, relevance, reasons }) => {
    return { id, name, description, score, trust, relevance, reasons };
  }),
  started_at: new Date(job.startedAt).toISOString(),
  ended_at: job.endedAt === undefined ? undefined : new Date(job.endedAt).toISOString(),
});

/** What the caller of `request-capability` hears. */
export const resultWire = (job: ProvisionJob) => ({
  success: job.state === 'done',
  action_taken: job.state === 'running' || job.state === 'waiting_approval' ? job.state : job.action,
  installed_tools: job.installed.map(installedWire),
  tools: job.tools,
  rejected: job.rejected,
  approval_id: job.approval,
  error: job.error,
  processing_time_ms: (job.endedAt ?? Date.now()) - job.startedAt,
});
