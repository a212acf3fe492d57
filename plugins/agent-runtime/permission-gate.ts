import { isFault } from '#kernel';
import type { Permission, Policy } from '#plugins/policy/api';
import type { PlaneTool } from '#plugins/tool-client/api';
import type { Human } from './api.ts';
import { digest } from './digest.ts';
import type { Emit } from './emit.ts';
import type { Journal } from './journal.ts';
import { failed, type Observation } from './observation.ts';
import { StopRun } from './stop-run.ts';

export interface PermissionGateParts {
  readonly run: string;
  readonly policy: Policy;
  readonly human: Human | undefined;
  /** Nobody is here, and nobody is waited for. */
  readonly unattended: boolean;
  readonly journal: Journal;
  readonly emit: Emit;
  /** Tools and rules (`TOOL RULE`) that a person allowed for the whole run. */
  readonly allowed: ReadonlySet<string>;
  /** Until it is disposed of, time is that of a person. */
  aside(): Disposable;
}

/** The longest that a timer takes; a longer one ends at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** May this call be made? By rule; by the person at hand; or by an approval that outlives this process. */
export class PermissionGate {
  readonly #parts: PermissionGateParts;
  readonly #allowed: Set<string>;

  constructor(parts: PermissionGateParts) {
    this.#parts = parts;
    this.#allowed = new Set(parts.allowed);
  }

  /** undefined: it may. Otherwise what the model is told. */
  async refusal(
    tool: PlaneTool,
    args: Readonly<Record<string, unknown>>,
    call: string,
    signal: AbortSignal,
  ): Promise<Observation | undefined> {
    const { policy, journal } = this.#parts;
    const permission = policy.permission({
      tool: tool.id,
      args,
      ...(tool.readOnly !== undefined && { readOnly: tool.readOnly }),
    });
    const { verdict, rule, reason: why } = permission;
    if (verdict === 'allow' || (verdict === 'ask' && this.#allowed.has(`${tool.id} ${rule}`))) return undefined;
    if (verdict === 'deny') {
      journal.state('permission', { call, tool: tool.id, rule, verdict });
      return failed(
        `Not allowed by the rule "${rule}": ${why.replace(/\.$/, '')}. Do without it, or another way.`,
        'PERMISSION_DENIED',
      );
    }
    const decided = await this.#ask(tool, args, call, permission, signal);
    journal.state('permission', { call, tool: tool.id, rule, verdict: decided });
    if (decided === 'always') {
      this.#allowed.add(`${tool.id} ${rule}`);
      journal.state('allowed', { tool: tool.id, rule });
    }
    if (decided === 'once' || decided === 'always') return undefined;
    return failed(
      `A person did not allow this call (rule "${rule}"). Do without it, or another way.`,
      'PERMISSION_DENIED',
    );
  }

  async #ask(
    tool: PlaneTool,
    args: Readonly<Record<string, unknown>>,
    call: string,
    permission: Permission,
    signal: AbortSignal,
  ): Promise<'once' | 'always' | 'deny'> {
    const { run, policy, human, unattended, emit } = this.#parts;
    const { rule, reason, timeoutMs, onTimeout } = permission;
    const late = onTimeout === 'allow' ? 'once' : 'deny';
    emit({ type: 'waiting', for: 'permission', what: `${tool.id} (rule "${rule}")` });
    using _ = this.#parts.aside();
    const timed = AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeoutMs, LONGEST_TIMER_MS))]);
    if (human?.permit !== undefined) {
      // A person may not look at the signal.
      const said = await Promise.race([human.permit({ tool: tool.id, args, rule, reason }, timed), over(timed)]).catch(
        (error: unknown) => {
          signal.throwIfAborted();
          if (timed.aborted) return undefined;
          throw error;
        },
      );
      signal.throwIfAborted();
      return said ?? late;
    }
    // A row outlives this process: the same call asks for the same one again.
    const approval = await policy.approval({
      kind: 'tool_call',
      subject: `${tool.id}#${run}/${digest(JSON.stringify([call, args]))}`,
      principal: `agent:${run}`,
      reason,
      rule,
      // As they are: whoever decides masks what is secret in them, and says what is left out.
      detail: { tool: tool.id, arguments: args, run },
    });
    if (approval.state === 'open' && unattended)
      throw new StopRun('needs_human', `a person has to allow a call of ${tool.id}`, { code: approval.id }, true);
    try {
      const { state } = approval.state === 'open' ? await policy.decided(approval.id, timed) : approval;
      return state === 'approved' ? 'once' : state === 'denied' ? 'deny' : late;
    } catch (error) {
      signal.throwIfAborted();
      if (timed.aborted) return late;
      if (isFault(error) && error.code === 'POLICY_REPLACED') return this.#ask(tool, args, call, permission, signal);
      throw error;
    }
  }
}

const over = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
