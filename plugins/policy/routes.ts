import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { Approval } from './api.ts';
import type { Approvals } from './approvals.ts';
import type { RuledPolicy } from './policy.ts';

interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly approvals: Approvals;
  readonly policy: RuledPolicy;
}

const id = z.object({ id: z.string().max(200) });
const STATES = ['open', 'approved', 'denied', 'expired', 'all'] as const;

export const addRoutes = ({ http, owner, approvals, policy }: RouteParts): readonly Undo[] => [
  http.route({
    owner,
    method: 'GET',
    path: '/api/v1/approvals',
    scope: 'tools:read',
    tag: 'approvals',
    summary: 'What waits for a person, newest first.',
    query: z.object({ state: z.enum(STATES).default('open').describe('which ones') }),
    handle: async ({ query }) => {
      const found = await approvals.list(query.state === 'all' ? undefined : query.state);
      return { body: { approvals: found.map(approvalWire) } };
    },
  }),
  http.route({
    owner,
    method: 'GET',
    path: '/api/v1/approvals/:id',
    scope: 'tools:read',
    tag: 'approvals',
    summary: 'One approval: what is asked, by whom, and by which rule.',
    params: id,
    handle: async ({ params }) => ({ body: approvalWire(await approvals.get(params.id)) }),
  }),
  http.route({
    owner,
    method: 'POST',
    path: '/api/v1/approvals/:id',
    // Not the scope with which an agent asks: it must not answer itself.
    scope: 'admin',
    tag: 'approvals',
    summary: 'Approves or denies; whoever waits for it goes on.',
    params: id,
    body: z.strictObject({
      decision: z.enum(['approve', 'deny']),
      comment: z.string().max(2_000).optional().describe('told to whoever waits'),
    }),
    answers: { 409: { description: 'APPROVAL_DECIDED: it was decided, or has expired, before.' } },
    handle: async ({ params, body, principal }) => ({
      body: approvalWire(
        await policy.decide(params.id, {
          state: body.decision === 'approve' ? 'approved' : 'denied',
          by: principal.id,
          ...(body.comment !== undefined && { comment: body.comment }),
        }),
      ),
    }),
  }),
];

const time = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

const approvalWire = (approval: Approval) => ({
  approval_id: approval.id,
  kind: approval.kind,
  subject: approval.subject,
  state: approval.state,
  principal: approval.principal,
  reason: approval.reason,
  rule: approval.rule,
  detail: approval.detail,
  created_at: time(approval.createdAt),
  expires_at: time(approval.expiresAt),
  decided_by: approval.decidedBy,
  decided_at: time(approval.decidedAt),
  comment: approval.comment,
});
