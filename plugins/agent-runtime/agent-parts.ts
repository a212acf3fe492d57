import type { Events, Log } from '#kernel';
import type { Context } from '#plugins/context/api';
import type { Llm } from '#plugins/llm/api';
import type { Policy } from '#plugins/policy/api';
import type { Skills } from '#plugins/skills/api';
import type { ToolPlane } from '#plugins/tool-client/api';
import type { Trajectories } from '#plugins/trajectory/api';
import type { AgentRuntimeConfig } from './config.ts';

export interface AgentParts {
  readonly config: AgentRuntimeConfig;
  readonly llm: Llm;
  readonly plane: ToolPlane;
  readonly context: Context;
  readonly policy: Policy | undefined;
  readonly skills: Skills | undefined;
  readonly trajectories: Trajectories | undefined;
  readonly events: Events;
  readonly log: Log;
  /** Ends every run, to be resumed. */
  readonly signal: AbortSignal;
}
