import { argsText, finishOf, piecesOf, type Reply, USAGE } from './scripted-reply.ts';

const STOP = { stop: 'end_turn', tools: 'tool_use', length: 'max_tokens', refused: 'refusal' } as const;

/** The answer of a Messages API. `id` names calls that have no id. */
export function message(reply: Reply, model: string, id: () => string): object {
  const { text = '', reasoning, calls = [] } = reply;
  return {
    ...head(model),
    content: [
      ...(reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature: 'signed' }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map((call) => ({
        type: 'tool_use',
        id: call.id ?? id(),
        name: call.name,
        input: JSON.parse(argsText(call)),
      })),
    ],
    stop_reason: STOP[finishOf(reply)],
    ...(reply.usage !== null && { usage: usageOf(reply) }),
  };
}

const head = (model: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  stop_sequence: null,
});

interface Event {
  readonly type: string;
  readonly [member: string]: unknown;
}

export function messageEvents(reply: Reply, model: string, id: () => string): Event[] {
  const { text = '', reasoning = '', calls = [], usage } = reply;
  const events: Event[] = [];
  let index = 0;
  const block = (content_block: object, deltas: readonly object[]): void => {
    events.push({ type: 'content_block_start', index, content_block });
    for (const delta of deltas) events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index: index++ });
  };
  if (reasoning !== '')
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...piecesOf(reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'signed' },
    ]);
  if (text !== '')
    block(
      { type: 'text', text: '' },
      piecesOf(text).map((piece) => ({ type: 'text_delta', text: piece })),
    );
  for (const call of calls)
    block(
      { type: 'tool_use', id: call.id ?? id(), name: call.name, input: {} },
      piecesOf(argsText(call)).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    );
  const start = { ...head(model), content: [], stop_reason: null };
  const counted = usageOf(reply);
  return [
    {
      type: 'message_start',
      message: { ...start, ...(usage !== null && { usage: { ...counted, output_tokens: 1 } }) },
    },
    { type: 'ping' },
    ...events,
    {
      type: 'message_delta',
      delta: { stop_reason: STOP[finishOf(reply)], stop_sequence: null },
      ...(usage !== null && { usage: { output_tokens: counted.output_tokens } }),
    },
    { type: 'message_stop' },
  ];
}

/** Here `input_tokens` is what was neither read from the cache nor written to it. */
function usageOf({ usage }: Reply) {
  const { input, output, cacheRead = 0, cacheWrite = 0 } = usage ?? USAGE;
  return {
    input_tokens: input - cacheRead - cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: output,
  };
}

export const anthropicError = (type: string) => ({
  type: 'error',
  error: { type, message: `The scripted model answers ${type}.` },
});
