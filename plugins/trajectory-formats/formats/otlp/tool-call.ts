import type { RunCall } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { isObject } from '../reading/members.ts';
import { toolOf } from '../reading/tool-name.ts';
import { attribute, structured, words } from './attributes.ts';
import type { Span } from './spans.ts';

/** What a span of a tool says of its call: each part may be missing, as content often is left out of traces. */
export interface ToolSpan {
  readonly id: string | undefined;
  readonly tool: RunCall['tool'];
  readonly args: RunCall['args'] | undefined;
  readonly result: string | undefined;
  readonly error: boolean;
}

export function toolSpan(span: Span): ToolSpan {
  const named = words(
    span,
    'gen_ai.tool.name',
    'tool.name',
    'tool_call.function.name',
    'ai.toolCall.name',
    'traceloop.entity.name',
  );
  const args = attribute(
    span,
    'gen_ai.tool.call.arguments',
    'tool_call.function.arguments',
    'ai.toolCall.args',
    'input.value',
    'traceloop.entity.input',
  );
  const result = attribute(
    span,
    'gen_ai.tool.call.result',
    'ai.toolCall.result',
    'output.value',
    'traceloop.entity.output',
  );
  const server = words(span, 'mcp.server.name');
  const tool = toolOf(named ?? (span.name.replace(/^(?:execute_tool|tools\/call)\s+/, '') || 'unknown'));
  return {
    id: words(span, 'gen_ai.tool.call.id', 'tool_call.id', 'tool.id', 'ai.toolCall.id'),
    tool: server === undefined ? tool : { ...tool, server },
    args: args === undefined ? undefined : callArguments(structured(args)),
    result: result === undefined ? undefined : isObject(result) ? JSON.stringify(result) : contentText(result),
    error: span.failed || words(span, 'error.type') !== undefined,
  };
}
