import { attribute, words } from './attributes.ts';
import type { Span } from './spans.ts';

export type SpanRole = 'agent' | 'model' | 'tool' | 'other';

/** By the operation (GenAI), the kind (OpenInference, OpenLLMetry), or what the AI SDK calls its spans. */
export function roleOf(span: Span): SpanRole {
  const operation = words(
    span,
    'gen_ai.operation.name',
    'openinference.span.kind',
    'traceloop.span.kind',
    'llm.request.type',
  );
  switch (operation?.toLowerCase()) {
    case 'invoke_agent':
    case 'agent':
      return 'agent';
    case 'chat':
    case 'text_completion':
    case 'generate_content':
    case 'llm':
    case 'completion':
      return 'model';
    case 'execute_tool':
    case 'tool':
      return 'tool';
  }
  if (span.name.startsWith('ai.toolCall') || span.attributes.has('ai.toolCall.name')) return 'tool';
  if (span.name.endsWith('.doGenerate') || span.name.endsWith('.doStream')) return 'model';
  if (attribute(span, 'gen_ai.tool.name') !== undefined && attribute(span, 'gen_ai.request.model') === undefined)
    return 'tool';
  return attribute(span, 'gen_ai.request.model', 'llm.model_name') !== undefined ? 'model' : 'other';
}

/** What a run is known by: its conversation, where somebody named it, else its trace. */
export const conversationId = (span: Span): string | undefined =>
  words(
    span,
    'gen_ai.conversation.id',
    'session.id',
    'traceloop.association.properties.session_id',
    'langfuse.session.id',
  );
