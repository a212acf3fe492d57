import type Anthropic from '@anthropic-ai/sdk';
import { type Message, sendable, toAnthropic } from '#plugins/context/api';
import type { ToolSchema } from '../api.ts';
import type { Attempt, Question } from '../provider.ts';

type Body = Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>;
interface Block {
  readonly type: string;
  readonly [member: string]: unknown;
}

const CACHED = { cache_control: { type: 'ephemeral' as const } };
/** The API wants a message of the user. */
const BEGIN = 'Begin.';

/** The body of a request to the Messages API. */
export function anthropicRequest(question: Question, { profile, dialect }: Attempt): Body {
  const { system, tools, temperature, maxOutputTokens, shape } = question;
  const head: Message[] =
    system === '' ? [] : [{ id: '', role: 'system', at: 0, parts: [{ type: 'text', text: system }] }];
  const history = toAnthropic(sendable([...head, ...question.messages], 'anthropic'));
  const messages = history.messages.length === 0 ? [{ role: 'user' as const, content: BEGIN }] : history.messages;
  const isCached = profile.cachePrompt && shape === undefined;
  const offered = tools.map(toolOf);
  const body = {
    model: profile.model,
    max_tokens: maxOutputTokens,
    ...(history.system !== undefined && { system: isCached ? marked(history.system) : history.system }),
    messages: isCached ? markedLast(messages) : messages,
    ...(offered.length > 0 && { tools: isCached ? markedTools(offered) : offered }),
    ...(temperature !== undefined && dialect.temperature && { temperature }),
    ...(shape && dialect.form === 'schema' && forced(shape)),
    ...profile.extraBody,
  };
  return body as unknown as Body;
}

const toolOf = ({ name, description, inputSchema }: ToolSchema) => ({
  name,
  description,
  input_schema: { type: 'object', properties: {}, ...inputSchema },
});

/** An answer of a given shape is the call of a tool that takes it. */
const forced = ({ name, schema }: NonNullable<Question['shape']>) => ({
  tools: [{ name, description: 'Gives the answer.', input_schema: { ...schema, type: 'object' } }],
  tool_choice: { type: 'tool', name },
});

type Content = string | readonly Block[];

/** Marks of an imported history are taken away: four are allowed, and ours stand at the ends. */
function bare(content: Content): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.map(({ cache_control: _, ...block }) => block as Block);
}

function marked(content: Content): Block[] {
  const blocks = bare(content);
  // Thoughts cannot be marked.
  const last = blocks.findLastIndex(({ type }) => !type.endsWith('thinking'));
  return blocks.map((block, n) => (n === last ? { ...block, ...CACHED } : block));
}

interface Wire {
  readonly role: string;
  readonly content: Content;
}

const markedLast = (messages: readonly Wire[]): Wire[] =>
  messages.map((message, n) => ({
    ...message,
    content:
      n === messages.length - 1
        ? marked(message.content)
        : typeof message.content === 'string'
          ? message.content
          : bare(message.content),
  }));

const markedTools = <T extends object>(tools: readonly T[]) =>
  tools.map((tool, n) => (n === tools.length - 1 ? { ...tool, ...CACHED } : tool));
