import { isFault, type Log } from '#kernel';
import type { AuditEntry, Auth } from '#plugins/auth/api';
import type { ToolDefinition } from '#plugins/tool-registry/api';
import type {
  Approval,
  ApprovalRequest,
  Decision,
  InstallRequest,
  Permission,
  Policy,
  Reservation,
  SandboxLimits,
  SecurityLevel,
  ToolCheck,
  ToolUse,
} from './api.ts';
import type { Verdict } from './approval-table.ts';
import type { Approvals } from './approvals.ts';
import { cleanText } from './clean-detail.ts';
import { judge, sandboxLimits } from './judge.ts';
import { permission } from './permissions.ts';
import type { Pins } from './pins.ts';
import type { Quotas } from './quotas.ts';
import type { RulesInForce } from './rules-in-force.ts';

export interface PolicyParts {
  readonly auth: Auth | undefined;
  readonly log: Log;
  readonly inForce: RulesInForce;
  readonly quotas: Quotas;
  readonly approvals: Approvals;
  readonly pins: Pins;
}

/** Decides by the rules in force, and writes down what it decided, and why. */
export class RuledPolicy implements Policy {
  readonly #parts: PolicyParts;

  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  async judge(request: InstallRequest): Promise<Decision> {
    const { rules, file, problem } = this.#parts.inForce;
    const decision = judge(rules, request, file);
    const { verdict, level, rule } = decision;
    this.#audit({
      principal: request.principal,
      action: 'policy.judge',
      target: subjectOf(request),
      outcome: verdict === 'deny' ? 'denied' : 'ok',
      detail: `${verdict} at ${level} by rule "${rule}"`,
    });
    return rule === 'no rules' && problem !== undefined ? { ...decision, reason: problem } : decision;
  }

  async reserve(request: InstallRequest): Promise<Reservation> {
    const { rules, file } = this.#parts.inForce;
    const entry = { principal: request.principal, action: 'policy.reserve', target: subjectOf(request) };
    try {
      const reservation = await this.#parts.quotas.reserve(request, rules.quotas, file, Date.now());
      this.#audit({ ...entry, outcome: 'ok', detail: 'within the quotas' });
      return reservation;
    } catch (error) {
      if (isFault(error)) this.#audit({ ...entry, outcome: 'denied', detail: error.message });
      throw error;
    }
  }

  async approval(request: ApprovalRequest): Promise<Approval> {
    const { approval, isNew } = await this.#parts.approvals.open(request);
    this.#audit({
      principal: request.principal,
      action: 'approval.ask',
      target: request.subject,
      outcome: 'ok',
      detail: `${isNew ? 'opened' : `found ${approval.state}`} ${approval.id} by rule "${request.rule}"`,
    });
    return approval;
  }

  decided(id: string, signal: AbortSignal): Promise<Approval> {
    return this.#parts.approvals.decided(id, signal);
  }

  async decide(id: string, verdict: Verdict): Promise<Approval> {
    const comment = verdict.comment === undefined ? undefined : cleanText(verdict.comment);
    const approval = await this.#parts.approvals.decide(id, { ...verdict, ...(comment !== undefined && { comment }) });
    this.#audit({
      principal: verdict.by,
      action: 'approval.decide',
      target: approval.subject,
      outcome: verdict.state === 'approved' ? 'ok' : 'denied',
      detail: `${verdict.state} ${id}, asked for by rule "${approval.rule}"`,
    });
    return approval;
  }

  async checkTools(server: string, tools: readonly ToolDefinition[]): Promise<ToolCheck> {
    const check = await this.#parts.pins.check(server, tools);
    if (check.pinned) this.#pinned(server, 'ok', `pinned ${tools.length} tools`);
    else if (check.changed.length > 0)
      this.#pinned(
        server,
        'denied',
        `rule "tools_changed": ${check.changed.map(({ tool, what }) => `${tool} (${what})`).join(', ')}`,
      );
    return check;
  }

  async approveTools(server: string, tools: readonly ToolDefinition[]): Promise<void> {
    await this.#parts.pins.approve(server, tools);
    this.#pinned(server, 'ok', `pinned ${tools.length} tools anew by rule "tools_changed"`);
  }

  async forgetTools(server: string): Promise<void> {
    await this.#parts.pins.forget(server);
  }

  permission(use: ToolUse): Permission {
    const { rules, file, problem } = this.#parts.inForce;
    const decision = permission(rules.permissions, use, file);
    const { verdict, rule } = decision;
    // Agents call often; what they may do anyway is in their own records.
    if (verdict !== 'allow')
      this.#audit({
        principal: 'agent',
        action: 'policy.permission',
        target: use.tool,
        outcome: verdict === 'deny' ? 'denied' : 'ok',
        detail: `${verdict} by rule "${rule}"`,
      });
    return rule === 'no rules' && problem !== undefined ? { ...decision, reason: problem } : decision;
  }

  limits(level: SecurityLevel): SandboxLimits {
    return sandboxLimits(this.#parts.inForce.rules, level, false);
  }

  #pinned(server: string, outcome: AuditEntry['outcome'], detail: string): void {
    this.#audit({ principal: 'policy', action: 'policy.tools', target: server, outcome, detail });
  }

  #audit(entry: AuditEntry): void {
    if (this.#parts.auth !== undefined) this.#parts.auth.audit(entry);
    else this.#parts.log.info('audit', { ...entry });
  }
}

const subjectOf = ({ subject, version }: InstallRequest): string =>
  version === undefined ? subject : `${subject}@${version}`;
