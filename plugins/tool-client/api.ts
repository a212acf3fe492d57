import { type Token, token } from '#kernel';

/**
 * An agent's whole view of the tools: of a server elsewhere (HTTP and the event socket), or of the registry in this process.
 * Faults of all calls: PLANE_UNREACHABLE (`unavailable`), where the server does not answer.
 */
export interface ToolPlane {
  /** The newest listing known. Before `ready` it is empty, with version 0. */
  readonly view: ToolView;
  /** Resolves with the first listing; waits for a server that is not up yet, at most the configured time. */
  ready(signal?: AbortSignal): Promise<ToolView>;
  /**
   * Resolves as soon as a listing newer than `version` is known: at once where it is already. Never misses a change, whether
   * the event came before the call, or the socket was down, or the server was restarted: versions are counted by the client
   * from the listings themselves. Rejects with the signal's reason.
   */
  changed(version: number, signal: AbortSignal): Promise<ToolView>;
  /** Each listing that differs from the one before, in order. */
  onChange(listener: (view: ToolView) => void): () => void;
  /**
   * Calls a tool by its name in a view (or its id). Never rejects for what the tool or its server does: that is an outcome.
   * Rejects with the signal's reason when aborted.
   */
  call(name: string, args: Readonly<Record<string, unknown>>, options: PlaneCall): Promise<PlaneOutcome>;
  /** Asks for a capability that is missing; answers at once with the job as it stands. Equal needs share one job. */
  request(need: PlaneNeed, signal?: AbortSignal): Promise<CapabilityJob>;
  /** The job as it stands now. Fault JOB_UNKNOWN (`not_found`): kept no more. */
  job(id: string, signal?: AbortSignal): Promise<CapabilityJob>;
  /** Changes of jobs, as they are told; a hint to look, not a promise. */
  onJob(listener: (change: { readonly id: string; readonly state: CapabilityJob['state'] }) => void): () => void;
}

/** All tools at one moment. Immutable: another listing is another object. */
export interface ToolView {
  /** Grows by one with each listing that differs; the first is larger than all of earlier processes. 0: none yet. */
  readonly version: number;
  /** By `name`, in the server's order. */
  readonly tools: ReadonlyMap<string, PlaneTool>;
}

export interface PlaneTool {
  /** As the model calls it: `server__tool`, at most 64 of A-Z a-z 0-9 _ -. */
  readonly name: string;
  /** `server/tool`. */
  readonly id: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly capabilities: readonly string[];
  /** MCP's hints; absent: unknown. */
  readonly readOnly?: boolean;
  readonly idempotent?: boolean;
}

export interface PlaneCall {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** The same key again is the same call: it is not executed twice, also over restarts of either side. */
  readonly key?: string;
  /** Servers with one connection a session keep it by this. */
  readonly session?: string;
}

export interface PlaneOutcome {
  readonly isError: boolean;
  /** For the model: the text parts, and a line for each other part. */
  readonly text: string;
  readonly artifacts: readonly PlaneArtifact[];
  /** Stable code where it is not the tool itself that failed: TOOL_UNKNOWN, ARGUMENTS_INVALID, SERVER_TIMEOUT, SERVER_UNAVAILABLE, CALL_UNCERTAIN ... */
  readonly code?: string;
  /** Fault of the way to the tool (network, 429, 5xx, time), not of the call: guards do not count it as the model's doing. */
  readonly isInfrastructure?: boolean;
  readonly hint?: string;
  readonly alternatives?: readonly string[];
  readonly durationMs: number;
}
/** What is no text: an image, a sound, a resource. */
export interface PlaneArtifact {
  readonly mediaType: string;
  /** Base64, or an address. */
  readonly data?: string;
  readonly url?: string;
  readonly bytes: number;
}

export interface PlaneNeed {
  readonly task: string;
  readonly capabilities: readonly string[];
}
export interface CapabilityJob {
  readonly id: string;
  readonly state: 'running' | 'waiting_approval' | 'done' | 'failed' | 'cancelled';
  /** Ids (`server/tool`) of the tools that answer the need, where it is done. */
  readonly tools: readonly string[];
  readonly approval?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

export const TOOL_PLANE: Token<ToolPlane> = token<ToolPlane>('tool.plane');
