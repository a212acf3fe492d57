import { z } from 'zod';
import { fault } from '#kernel';
import type { CapabilityJob, PlaneNeed } from '../api.ts';
import type { Answer, Ask, HttpLine } from './http-line.ts';
import { jsonIn, problemFault, unreachable } from './problem.ts';

const states = z.enum(['running', 'waiting_approval', 'done', 'failed', 'cancelled']);
const job = z.object({
  job_id: z.string(),
  /** The route of the job tells it; what answers a request says the same in other words. */
  state: states.optional(),
  success: z.boolean(),
  action_taken: z.string(),
  tools: z.array(z.string()).default([]),
  approval_id: z.string().nullish(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullish(),
});

/** Capabilities that are asked for on the server. */
export class RemoteJobs {
  readonly #line: HttpLine;
  readonly #requestMs: number;

  constructor(line: HttpLine, requestMs: number) {
    this.#line = line;
    this.#requestMs = requestMs;
  }

  request({ task, capabilities }: PlaneNeed, signal: AbortSignal | undefined): Promise<CapabilityJob> {
    const body = { task_description: task, required_capabilities: capabilities, wait_ms: 0 };
    return this.#ask({ method: 'POST', path: '/api/v1/tools/request-capability', body, signal });
  }

  job(id: string, signal: AbortSignal | undefined): Promise<CapabilityJob> {
    return this.#ask({ path: `/api/v1/jobs/${encodeURIComponent(id)}`, signal });
  }

  async #ask(ask: Omit<Ask, 'timeoutMs'>): Promise<CapabilityJob> {
    let answer: Answer;
    try {
      answer = await this.#line.ask({ ...ask, timeoutMs: this.#requestMs });
    } catch (error) {
      ask.signal?.throwIfAborted();
      throw unreachable(this.#line.url, error);
    }
    if (answer.status !== 200 && answer.status !== 202) throw refusal(answer);
    const parsed = job.safeParse(jsonIn(answer.text));
    if (!parsed.success) throw unreachable(this.#line.url, 'its answer is no job');
    const { job_id: id, tools, approval_id: approval, error } = parsed.data;
    return {
      id,
      state: stateOf(parsed.data),
      tools,
      ...(approval != null && { approval }),
      ...(error != null && {
        error: { code: error.code, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) },
      }),
    };
  }
}

function stateOf({ state, success, action_taken: action, error }: z.output<typeof job>): CapabilityJob['state'] {
  if (state !== undefined) return state;
  if (action === 'running' || action === 'waiting_approval') return action;
  if (success) return 'done';
  return error?.code === 'JOB_CANCELLED' ? 'cancelled' : 'failed';
}

function refusal(answer: Answer) {
  const told = problemFault(answer);
  const isRouteAbsent = (answer.status === 404 || answer.status === 405) && told.code !== 'JOB_UNKNOWN';
  return isRouteAbsent ? provisionerAbsent() : told;
}

const provisionerAbsent = () =>
  fault('PROVISIONER_ABSENT', 'no missing tool can be asked for here: the tool server has no provisioner', {
    kind: 'unavailable',
    hint: 'add the provisioner to its pipeline',
  });
