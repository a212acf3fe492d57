import { z } from 'zod';
import { type FaultKind, fault, reason } from '#kernel';
import type { ApprovalCliConfig } from './config.ts';

const approval = z.looseObject({
  approval_id: z.string(),
  kind: z.string(),
  subject: z.string(),
  state: z.string(),
  principal: z.string(),
  reason: z.string(),
  rule: z.string(),
  expires_at: z.string(),
});
export type ShownApproval = z.output<typeof approval>;
const listing = z.object({ approvals: z.array(approval) });
const problem = z.object({
  code: z.string(),
  detail: z.string().optional(),
  title: z.string().optional(),
  hint: z.string().optional(),
  alternatives: z.array(z.string()).optional(),
});
const KINDS: Readonly<Record<number, FaultKind>> = { 404: 'not_found', 409: 'conflict', 503: 'unavailable' };

/** The approvals of the running server, by its REST. */
export class ApprovalServer {
  readonly #config: ApprovalCliConfig;
  readonly #signal: AbortSignal;

  constructor(config: ApprovalCliConfig, signal: AbortSignal) {
    this.#config = config;
    this.#signal = signal;
  }

  async list(state: string): Promise<readonly ShownApproval[]> {
    return (await this.#ask(`?state=${state}`, listing)).approvals;
  }
  get(id: string): Promise<ShownApproval> {
    return this.#ask(`/${encodeURIComponent(id)}`, approval);
  }
  decide(id: string, decision: 'approve' | 'deny', comment: string | undefined): Promise<ShownApproval> {
    return this.#ask(`/${encodeURIComponent(id)}`, approval, { decision, ...(comment !== undefined && { comment }) });
  }

  async #ask<S extends z.ZodType>(where: string, schema: S, body?: object): Promise<z.output<S>> {
    const { url, apiKey, timeoutMs } = this.#config;
    let status: number;
    let answer: unknown;
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}/api/v1/approvals${where}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...(apiKey !== '' && { 'x-api-key': apiKey }), ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]),
      });
      status = response.status;
      answer = await response.json();
    } catch (error) {
      this.#signal.throwIfAborted();
      throw fault('SERVER_UNREACHABLE', `${url} does not answer: ${reason(error)}`, {
        kind: 'unavailable',
        hint: 'start it (kernel start pipelines/server.yaml), or name it: SERVER_URL=http://127.0.0.1:PORT, or approval-cli.url',
      });
    }
    const parsed = schema.safeParse(answer);
    if (status === 200 && parsed.success) return parsed.data;
    const refused = problem.safeParse(answer);
    if (!refused.success)
      throw fault('SERVER_UNREACHABLE', `${url} answers ${status}, and not as this server does`, {
        kind: 'unavailable',
      });
    const { code, detail, title, hint, alternatives } = refused.data;
    throw fault(code, detail ?? title ?? code, {
      kind: KINDS[status] ?? 'forbidden',
      ...(hint !== undefined && { hint }),
      ...(alternatives !== undefined && { alternatives }),
    });
  }
}
