import { fault, isFault } from '#kernel';
import type { Approval, ApprovalRequest, Policy } from '#plugins/policy/api';
import type { Choice } from './selection.ts';

export interface Asking {
  readonly principal: string;
  /** For the person who decides. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** The approval that is waited for. */
  readonly waits?: (approval: string) => void;
}

/** Where the rules ask a person, waits for the answer. Faults: APPROVAL_DENIED, APPROVAL_TIMEOUT, with the rule. */
export async function approved(policy: Policy, choice: Choice, asking: Asking): Promise<void> {
  const { candidate, request, decision } = choice;
  if (decision.verdict === 'allow') return;
  const { description, publisher, tools, needs, reasons } = candidate;
  await decidedWell(
    policy,
    {
      kind: 'install',
      subject: request.version === undefined ? candidate.id : `${candidate.id}@${request.version}`,
      principal: asking.principal,
      reason: decision.reason,
      rule: decision.rule,
      detail: { ...asking.detail, description, publisher, tools, needs, reasons, limits: decision.limits },
    },
    asking.signal,
    asking.waits,
  );
  // The rules may have changed while it waited.
  const now = await policy.judge(request);
  if (now.verdict === 'deny')
    throw fault('APPROVAL_DENIED', `the rules refuse it now: ${now.reason}`, {
      kind: 'forbidden',
      hint: `rule "${now.rule}" of config/policy.yaml refuses it`,
    });
}

export async function decidedWell(
  policy: Policy,
  request: ApprovalRequest,
  signal: AbortSignal,
  waits?: (approval: string) => void,
): Promise<void> {
  const { id } = await policy.approval(request);
  waits?.(id);
  const { state, comment } = await decision(policy, id, signal);
  if (state === 'approved') return;
  const why = comment ? `: ${comment}` : '';
  throw fault(state === 'denied' ? 'APPROVAL_DENIED' : 'APPROVAL_TIMEOUT', `the approval was ${state}${why}`, {
    kind: 'forbidden',
    hint: `rule "${request.rule}" of config/policy.yaml asks for it`,
  });
}

/** Waits on where the plugin was swapped meanwhile: an approval is a row, and outlives it. */
export async function decision(policy: Policy, id: string, signal: AbortSignal): Promise<Approval> {
  for (;;) {
    try {
      return await policy.decided(id, signal);
    } catch (error) {
      if (signal.aborted || !isFault(error) || error.code !== 'POLICY_REPLACED') throw error;
    }
  }
}
