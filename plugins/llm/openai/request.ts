import type OpenAI from 'openai';
import { type Message, sendable, toOpenAi } from '#plugins/context/api';
import type { ToolSchema } from '../api.ts';
import type { Attempt, Question } from '../provider.ts';

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>;

/** The body of a request to a chat completions API. */
export function openAiRequest(question: Question, { profile, dialect }: Attempt): Body {
  const { system, tools, temperature, maxOutputTokens, shape } = question;
  const thoughts = dialect.reasoning ? profile.sendReasoning : 'never';
  const history = toOpenAi(sendable(withThoughts(question.messages, thoughts), 'openai'));
  const messages = [...(system === '' ? [] : [{ role: 'system', content: system }]), ...history];
  return {
    model: profile.model,
    messages: messages as unknown as Body['messages'],
    [dialect.maxTokens]: maxOutputTokens,
    ...(tools.length > 0 && { tools: tools.map(toolOf) }),
    ...(temperature !== undefined && dialect.temperature && { temperature }),
    ...(shape && formatOf(shape, dialect.form)),
    ...profile.extraBody,
  };
}

/** Models that think between calls want those thoughts back; those of earlier turns are refused by some, and cost. */
function withThoughts(messages: readonly Message[], thoughts: 'turn' | 'always' | 'never'): readonly Message[] {
  if (thoughts === 'always') return messages;
  const turn =
    thoughts === 'never'
      ? messages.length
      : messages.findLastIndex(({ role, kind }) => role === 'user' && kind !== 'notice');
  return messages.map((message, n) =>
    n > turn || !message.parts.some(({ type }) => type === 'reasoning')
      ? message
      : { ...message, parts: message.parts.filter(({ type }) => type !== 'reasoning') },
  );
}

const toolOf = ({ name, description, inputSchema }: ToolSchema): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: { name, description, parameters: { type: 'object', properties: {}, ...inputSchema } },
});

function formatOf({ name, schema }: NonNullable<Question['shape']>, form: Attempt['dialect']['form']) {
  if (form === 'text') return {};
  if (form === 'object') return { response_format: { type: 'json_object' as const } };
  return { response_format: { type: 'json_schema' as const, json_schema: { name, schema, strict: false } } };
}
