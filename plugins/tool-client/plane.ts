import type { PlaneTool, ToolPlane, ToolView } from './api.ts';
import type { JobNewsState } from './job-news.ts';
import type { ViewsState } from './views.ts';

/** What a version of the plugin leaves to the next one, whichever way it goes. */
export interface PlaneState {
  readonly views: ViewsState;
  readonly jobs: JobNewsState;
}

/** A plane as the plugin drives it. */
export interface ClientPlane extends ToolPlane {
  /** Begins to look; does not wait for the server. */
  start(): void | Promise<void>;
  stop(): void | Promise<void>;
  /** For the health. */
  readonly detail: Readonly<Record<string, unknown>>;
  handOver(): PlaneState;
  adopt(state: PlaneState): void;
}

/** By name, or by id. */
export function findTool({ tools }: ToolView, name: string): PlaneTool | undefined {
  const named = tools.get(name);
  if (named !== undefined || !name.includes('/')) return named;
  for (const tool of tools.values()) if (tool.id === name) return tool;
  return undefined;
}
