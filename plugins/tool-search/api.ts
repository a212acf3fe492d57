import { type Token, token } from '#kernel';
import type { Tool } from '#plugins/tool-registry/api';

/** Ranks the registry's tools by how well they answer a need told in words. */
export interface ToolSearch {
  /** Best first, at most `k`; `score` is comparable within one answer only. Empty where nothing shares a word. */
  search(query: string, k: number): readonly RankedTool[];
}
export interface RankedTool {
  readonly tool: Tool;
  readonly score: number;
}

export const TOOL_SEARCH: Token<ToolSearch> = token<ToolSearch>('tool.search');
