import { type Token, token } from '#kernel';

/** Decides whether a task needs a tool that is not there (seed 000, section 1.1; seed 003, three-step discovery). */
export interface GapDetector {
  /** Faults: GAP_REQUEST_INVALID. A model that fails is no fault: the retrieval strategy answers and `strategy` says so. */
  analyze(request: GapRequest, signal?: AbortSignal): Promise<GapAnswer>;
}

export interface GapRequest {
  readonly task: string;
  /** Judged exactly as given; undefined: the registry's tools. */
  readonly tools?: readonly GapTool[];
  /** Capabilities that the caller already knows it needs, e.g. `image_generation`. */
  readonly requiredCapabilities?: readonly string[];
  readonly preferences?: readonly string[];
  readonly constraints?: readonly string[];
}
export interface GapTool {
  readonly name: string;
  readonly description?: string;
  readonly capabilities?: readonly string[];
  readonly toolkit?: string;
  /** JSON Schema of the parameters, or a list of names. */
  readonly parameters?: unknown;
}

export interface GapAnswer {
  readonly sufficient: boolean;
  /** 0 to 1: how sure, calibrated: of answers with 0.8 about 80 % are right. */
  readonly confidence: number;
  /** 0 to 1: how much of the task the best tools cover; below `coverageThreshold` (0.8) it is a gap. */
  readonly coverage: number;
  readonly reasoning: string;
  readonly missing: readonly MissingCapability[];
  /** The tools that would be used, best first. */
  readonly candidates: readonly { readonly tool: string; readonly score: number; readonly reason: string }[];
  /** Toolkits and steps with backups, where the strategy makes a plan. */
  readonly plan?: DiscoveryPlan;
  readonly strategy: 'retrieval' | 'llm';
  /** Why another strategy than the configured one answered. */
  readonly fallback?: string;
  readonly cached: boolean;
  readonly cacheAgeMs: number;
}
export interface MissingCapability {
  readonly capability: string;
  readonly priority: 'high' | 'medium' | 'low';
  /** For a search in catalogs. */
  readonly keywords: readonly string[];
}
export interface DiscoveryPlan {
  readonly toolkits: readonly { readonly name: string; readonly reason: string }[];
  readonly steps: readonly { readonly goal: string; readonly tool: string; readonly backups: readonly string[] }[];
}

export const GAP_DETECTOR: Token<GapDetector> = token<GapDetector>('gap.detector');
