import { type Token, type Topic, token, topic } from '#kernel';
import type { Distribution, ServerCandidate } from '#plugins/mcp-search/api';
import type { SandboxLimits, SecurityLevel } from '#plugins/policy/api';
import type { Launch } from '#plugins/tool-registry/api';

/** One stop from a need to a tool: gap, search, policy, install, handshake, register, announce; and back after a restart. */
export interface Provisioner {
  /**
   * Asks for a capability. Answers when the job is done, or after `waitMs` with the job as it stands. Equal needs share
   * one job. Faults: CAPABILITY_REQUEST_INVALID, and those of the steps as the job's `error`.
   */
  request(need: CapabilityNeed, caller: ProvisionCaller): Promise<ProvisionJob>;
  job(id: string): ProvisionJob;
  jobs(): readonly ProvisionJob[];
  installed(): readonly InstalledServer[];
  /** Ends it, takes its files away, and its tools from the registry; fault INSTALLATION_UNKNOWN. */
  uninstall(server: string, caller: ProvisionCaller): Promise<void>;
  /**
   * Puts the newest version that the rules allow in place; equal versions in the answer: there was none. Faults:
   * INSTALLATION_UNKNOWN, those of the rules, and UPDATE_FAILED, where the old version serves on.
   */
  update(server: string, caller: ProvisionCaller): Promise<Update>;
}
export interface Update {
  readonly server: string;
  readonly from: string;
  readonly to: string;
}

export interface ProvisionCaller {
  readonly principal: string;
  readonly session?: string;
  readonly signal?: AbortSignal;
  /** Told of each step of the job, until `request` answers. */
  readonly progress?: (step: InstallProgress) => void;
}
export interface CapabilityNeed {
  readonly task: string;
  readonly requiredCapabilities: readonly string[];
  readonly currentTools?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly capabilities?: readonly string[];
  }[];
  /** False: say what would be installed, and stop. Default true. */
  readonly autoInstall?: boolean;
  readonly level?: SecurityLevel;
  readonly waitMs?: number;
}

export type JobState = 'running' | 'waiting_approval' | 'done' | 'failed' | 'cancelled';
export interface ProvisionJob {
  readonly id: string;
  readonly state: JobState;
  readonly stage: 'gap' | 'search' | 'policy' | 'install' | 'start' | 'register' | 'build' | 'end';
  readonly need: CapabilityNeed;
  readonly action:
    | 'none'
    | 'already_available'
    | 'installed_new_tools'
    | 'built_new_tool'
    | 'would_install'
    | 'refused'
    | 'failed';
  readonly installed: readonly InstalledServer[];
  /** Tools that answer the need, best first, where it is answered. */
  readonly tools: readonly string[];
  /** Considered and not taken, with the reason. */
  readonly rejected: readonly { readonly id: string; readonly reason: string; readonly rule?: string }[];
  readonly candidates: readonly ServerCandidate[];
  readonly approval?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** A server that stands on this machine, as it is kept over restarts. */
export interface InstalledServer {
  /** In the registry. */
  readonly server: string;
  readonly title?: string;
  readonly description?: string;
  /** The candidate's identity. */
  readonly candidate: string;
  readonly distribution: Distribution;
  readonly runner: string;
  readonly level: SecurityLevel;
  readonly limits: SandboxLimits;
  readonly installedAt: number;
  readonly capabilities: readonly string[];
  /** Names of the secrets that it declared. */
  readonly secrets: readonly string[];
}

/** Brings a distribution onto this machine and says how the dispatcher starts it. A many-valued service, in YAML's order. */
export interface ServerRunner {
  /** Can it run this kind here and now? `reason` says why not and what to do. */
  supports(distribution: Distribution): Support;
  /**
   * Puts it in place, whole or not at all: a kill at any moment leaves either an installation or nothing that counts.
   * The same `server` again with the same distribution is at once. Faults: PACKAGE_UNKNOWN, PACKAGE_NO_BIN,
   * PACKAGE_NODE_TOO_OLD, INSTALL_FAILED (npm's last lines), DISK_FULL, NETWORK_DOWN.
   */
  install(plan: RunPlan, progress: (step: InstallStep) => void, signal: AbortSignal): Promise<void>;
  /** How the dispatcher reaches it; nothing is started here. INSTALLATION_BROKEN where files are missing or changed. */
  launch(plan: RunPlan): Promise<Launch>;
  remove(server: string): Promise<void>;
  /** Makes sure that it can be launched after a restart, without the network where that is possible. */
  recover(plan: RunPlan, signal: AbortSignal): Promise<void>;
  /** Deletes what belongs to none of these servers: the rests of an installation that was cut off. */
  sweep(servers: readonly string[]): Promise<void>;
}
export type Support =
  | { readonly ok: true; readonly sandboxed: boolean }
  | { readonly ok: false; readonly reason: string };
export interface RunPlan {
  readonly server: string;
  readonly distribution: Distribution;
  readonly limits: SandboxLimits;
  /** Only those that the candidate declared. Never logged. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What serves until this has answered: it stays in place, to go back to. */
  readonly replaces?: Distribution;
}
export interface InstallStep {
  /** E.g. `download`, `build`, `verify`. */
  readonly step: string;
  readonly message: string;
  /** 0 to 1 where it is known. */
  readonly done?: number;
}

export interface InstallProgress extends InstallStep {
  readonly job: string;
  readonly server?: string;
  readonly stage: ProvisionJob['stage'];
  readonly state: JobState;
  readonly at: number;
}
export const INSTALL_PROGRESS: Topic<InstallProgress> = topic<InstallProgress>('install.progressed');

export const SERVER_RUNNER: Token<ServerRunner> = token<ServerRunner>('server.runner');
export const PROVISIONER: Token<Provisioner> = token<Provisioner>('provisioner');
