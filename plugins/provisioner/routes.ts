import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner, RouteAnswer } from '#plugins/http/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { ProvisionJob } from './api.ts';
import type { OneStopProvisioner } from './provisioner.ts';
import { capabilityRequest, installedWire, jobWire, needOf, resultWire } from './wire.ts';

export interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly registry: ToolRegistry;
  readonly provisioner: OneStopProvisioner;
}

export function addRoutes({ http, owner, registry, provisioner }: RouteParts): readonly Undo[] {
  const answer = (job: ProvisionJob): RouteAnswer => ({
    status: job.endedAt === undefined ? 202 : 200,
    ...(job.endedAt === undefined && { headers: { location: `/api/v1/jobs/${job.id}` } }),
    body: { job_id: job.id, ...resultWire(job), total_available_tools: registry.snapshot.tools.size },
  });
  const id = z.object({ id: z.string().max(200) });
  return [
    http.route({
      owner,
      method: 'POST',
      path: '/api/v1/tools/request-capability',
      scope: 'tools:write',
      tag: 'tools',
      summary: 'One stop: is a tool missing, find it, judge it, install it, announce it.',
      body: capabilityRequest,
      answers: {
        200: {
          description: 'It is there, or it cannot be: `success`, `action_taken`, `installed_tools`, `tools`, `error`.',
        },
        202: { description: 'Still at work, or waiting for an approval: `job_id`, and its address in `location`.' },
      },
      handle: async ({ body, principal, headers, signal }) => {
        const session = headers['mcp-session-id'] ?? headers['x-session-id'];
        return answer(
          await provisioner.request(needOf(body), {
            principal: principal.id,
            ...(typeof session === 'string' && { session }),
            signal,
          }),
        );
      },
    }),
    http.route({
      owner,
      method: 'GET',
      path: '/api/v1/jobs',
      scope: 'tools:read',
      tag: 'jobs',
      summary: 'Requests for capabilities, newest first.',
      handle: () => ({ body: { jobs: provisioner.jobs().map(jobWire) } }),
    }),
    http.route({
      owner,
      method: 'GET',
      path: '/api/v1/jobs/:id',
      scope: 'tools:read',
      tag: 'jobs',
      summary: 'One request: how far it is, and why.',
      params: id,
      handle: ({ params }) => ({ body: jobWire(provisioner.job(params.id)) }),
    }),
    http.route({
      owner,
      method: 'DELETE',
      path: '/api/v1/jobs/:id',
      scope: 'tools:write',
      tag: 'jobs',
      summary: 'Cancels a request that is at work.',
      params: id,
      handle: ({ params }) => ({ body: jobWire(provisioner.cancel(params.id)) }),
    }),
    http.route({
      owner,
      method: 'GET',
      path: '/api/v1/installed',
      scope: 'tools:read',
      tag: 'servers',
      summary: 'Servers that were installed on request.',
      handle: () => ({ body: { servers: provisioner.installed().map(installedWire) } }),
    }),
    http.route({
      owner,
      method: 'POST',
      path: '/api/v1/installed/:id/update',
      scope: 'tools:write',
      tag: 'servers',
      summary: 'Puts the newest version that the rules allow in place; where it does not start, the old one stays.',
      params: id,
      handle: async ({ params, principal, signal }) => ({
        body: await provisioner.update(params.id, { principal: principal.id, signal }),
      }),
    }),
    http.route({
      owner,
      method: 'DELETE',
      path: '/api/v1/installed/:id',
      scope: 'tools:write',
      tag: 'servers',
      summary: 'Uninstalls a server: its process, its tools and its files.',
      params: id,
      handle: async ({ params }) => {
        await provisioner.uninstall(params.id);
        return { body: { success: true, tool_id: params.id, version: registry.snapshot.version } };
      },
    }),
  ];
}
