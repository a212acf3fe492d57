import { type Token, type Topic, token, topic } from '#kernel';
import type { ToolDefinition } from '#plugins/tool-registry/api';

/** Rules as data (`config/policy.yaml`): what may be installed, by whom, how often, and under which limits it runs. */
export interface Policy {
  /** Decides by the first rule that applies; every decision is in the audit log with its rule. Does not count quota. */
  judge(request: InstallRequest): Promise<Decision>;
  /** Takes one installation from the quotas of session and day, durably; fault QUOTA_EXCEEDED names which and when it renews. */
  reserve(request: InstallRequest): Promise<Reservation>;
  /**
   * Opens an approval, or finds the open one of the same subject and kind, or, for an installation and for a call, one that
   * was approved not long ago: the subject names exactly what was allowed. Fault APPROVALS_FULL.
   */
  approval(request: ApprovalRequest): Promise<Approval>;
  /** Waits until it is open no more: approved, denied or expired. Fault APPROVAL_UNKNOWN. */
  decided(id: string, signal: AbortSignal): Promise<Approval>;
  /**
   * Compares a server's tools with what was pinned when it was approved. The first listing pins. `changed` names tools
   * whose name, description or schema differ; they need approval again (`approveTools`).
   */
  checkTools(server: string, tools: readonly ToolDefinition[]): Promise<ToolCheck>;
  approveTools(server: string, tools: readonly ToolDefinition[]): Promise<void>;
  forgetTools(server: string): Promise<void>;
  /**
   * May an agent make this call? The last of the `permissions` that matches decides; commands inside of wrappers (`sudo`,
   * `env`, `timeout`, `xargs`, `sh -c`, nested) are judged by themselves, and the strictest verdict counts. Never throws:
   * what cannot be read is asked for. Where it is `ask`: `approval` with kind `tool_call`, or a person at hand.
   */
  permission(use: ToolUse): Permission;
  /** Limits of a level, as the rules file says. */
  limits(level: SecurityLevel): SandboxLimits;
}

/**
 * How strictly a server is held: high requires the most of it and grants it the least; seed 000 section 3. Being trusted does
 * not lower it; a rule does.
 */
export type SecurityLevel = 'high' | 'medium' | 'low';

export interface InstallRequest {
  readonly principal: string;
  readonly session?: string;
  /** Identity as `npm:@scope/name`, with the exact version. */
  readonly subject: string;
  readonly version?: string;
  readonly publisher?: {
    readonly namespace?: string;
    readonly stars?: number;
    readonly contributors?: number;
    readonly readme?: boolean;
    readonly reviewed?: boolean;
  };
  readonly needs: { readonly secrets: readonly string[]; readonly network: boolean };
  /** The level that the caller insists on at least; undefined: what the rules give. */
  readonly level?: SecurityLevel;
  /** Is there a sandbox on this machine? */
  readonly sandboxed: boolean;
}

export interface Decision {
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly level: SecurityLevel;
  /** Name of the rule that decided, as it stands in the file. */
  readonly rule: string;
  readonly reason: string;
  /** How to change it. */
  readonly hint: string;
  readonly limits: SandboxLimits;
}

export interface SandboxLimits {
  readonly memoryMb: number;
  /** Processes and threads. */
  readonly processes: number;
  /** Share of one core, 1 = all of it; enforced where the machine can. */
  readonly cpus: number;
  readonly openFiles: number;
  /** Largest single file, and all of its data folder. */
  readonly fileMb: number;
  readonly dataMb: number;
  readonly network: 'none' | 'full';
  readonly sandbox: 'required' | 'preferred';
}

export interface Reservation {
  /** Gives it back when the installation did not happen. */
  release(): Promise<void>;
}
export interface ApprovalRequest {
  readonly kind: 'install' | 'tools_changed' | 'build' | 'improvement' | 'tool_call';
  readonly subject: string;
  readonly principal: string;
  readonly reason: string;
  readonly rule: string;
  /** Shown to the person who decides; never secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface Approval extends ApprovalRequest {
  readonly id: string;
  readonly state: 'open' | 'approved' | 'denied' | 'expired';
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  readonly comment?: string;
}

export interface ToolCheck {
  /** This was the first listing: it is pinned now. */
  readonly pinned: boolean;
  readonly changed: readonly { readonly tool: string; readonly what: 'added' | 'removed' | 'description' | 'schema' }[];
}

export interface ToolUse {
  /** `server/tool`. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly readOnly?: boolean;
}
export interface Permission {
  readonly verdict: 'allow' | 'ask' | 'deny';
  /** Name of the rule that decided, as it stands in the file. */
  readonly rule: string;
  readonly reason: string;
  /** How to change it. */
  readonly hint: string;
  /** How long a person may take, and what counts when nobody answers. */
  readonly timeoutMs: number;
  readonly onTimeout: 'allow' | 'deny';
}

/** An approval was opened or decided. */
export const APPROVAL_CHANGED: Topic<Approval> = topic<Approval>('approval.changed');
export const POLICY: Token<Policy> = token<Policy>('policy');
