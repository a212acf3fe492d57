import type { ToolResult } from '#plugins/tool-registry/api';
import type { Called, Outcome } from './execute.ts';
import { executed } from './result.ts';

/** What the call log keeps of a call that its tool answered. */
export interface KeptOutcome {
  readonly text: string;
  readonly tool: string;
  readonly server: string;
  readonly facts: Called['facts'];
}

export const keptOutcome = ({ tool, text, facts }: Called): KeptOutcome => ({
  text,
  tool: tool.id,
  server: tool.server,
  facts,
});

/** For the caller, as it was. */
export function outcomeOf({ text, tool, server, facts }: KeptOutcome, isReplayed: boolean): Outcome {
  const body = executed({ id: tool, server }, JSON.parse(text) as ToolResult, facts);
  return { text, body: isReplayed ? { ...body, metadata: { ...body.metadata, replayed: true } } : body };
}
