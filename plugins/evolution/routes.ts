import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { Evolution } from './api.ts';
import { proposalWire } from './wire.ts';

export interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly evolution: Evolution;
}

const PATH = '/api/v1/evolution/proposals';

export function addRoutes({ http, owner, evolution }: RouteParts): readonly Undo[] {
  const common = { owner, tag: 'evolution' } as const;
  const params = z.object({ id: z.string().max(100) });
  return [
    http.route({
      ...common,
      method: 'GET',
      path: PATH,
      scope: 'tools:read',
      summary: 'What was learnt from the uses of tools, newest first: proposals, and how those that were applied do.',
      query: z.object({
        state: z.enum(['waiting', 'measuring', 'kept', 'reverted', 'denied']).optional(),
        kind: z.enum(['description', 'toolkit', 'scenario', 'combination']).optional(),
      }),
      handle: async ({ query: { state, kind } }) => {
        const found = await evolution.proposals({ ...(state && { state }), ...(kind && { kind }) });
        return { body: { proposals: found.map(proposalWire) } };
      },
    }),
    http.route({
      ...common,
      method: 'POST',
      path: PATH,
      scope: 'admin',
      summary: 'Looks at the statistics now; answers with what is new.',
      handle: async ({ signal }) => ({ body: { proposals: (await evolution.propose(signal)).map(proposalWire) } }),
    }),
    http.route({
      ...common,
      method: 'POST',
      path: `${PATH}/:id/apply`,
      scope: 'admin',
      summary: 'Applies one that waits, and measures it from now on; 403 with the rule where policy denies it.',
      params,
      handle: async ({ params: { id } }) => ({ body: proposalWire(await evolution.apply(id)) }),
    }),
    http.route({
      ...common,
      method: 'POST',
      path: `${PATH}/:id/revert`,
      scope: 'admin',
      summary: 'Takes one back, or turns it down while it waits.',
      params,
      body: z.strictObject({ why: z.string().max(500).optional() }).optional(),
      handle: async ({ params: { id }, body }) => ({
        body: proposalWire(await evolution.revert(id, body?.why ?? 'taken back by hand')),
      }),
    }),
  ];
}
