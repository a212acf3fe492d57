import type { AgentEvent, AgentResult } from '#plugins/agent-runtime/api';

/** What somebody sees of a run while it goes on. */
export interface RunView {
  event(event: AgentEvent): void;
  /** A line besides what the run itself tells. */
  say(line: string): void;
  /** Holds still while a person is asked. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Nothing is written afterwards. */
  close(): void;
  /** True where the answer was seen as it came. */
  hasShown(result: AgentResult): boolean;
}
