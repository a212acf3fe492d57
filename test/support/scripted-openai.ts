import { argsText, finishOf, piecesOf, type Reply, USAGE } from './scripted-reply.ts';

const FINISH = { stop: 'stop', tools: 'tool_calls', length: 'length', refused: 'content_filter' } as const;

/** The answer of a chat completions API. `id` names calls that have no id. */
export function completion(reply: Reply, model: string, id: () => string): object {
  const { text = '', reasoning, calls = [] } = reply;
  const tool_calls = calls.map((call) => ({
    id: call.id ?? id(),
    type: 'function',
    function: { name: call.name, arguments: argsText(call) },
  }));
  const message = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls }),
  };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, finish_reason: FINISH[finishOf(reply)], message }],
    ...(reply.usage !== null && { usage: usageOf(reply) }),
  };
}

/** The events of its stream; usage where it was asked for. */
export function completionChunks(reply: Reply, model: string, id: () => string, withUsage: boolean): object[] {
  const chunk = (choices: readonly object[], more: object = {}) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model,
    choices,
    ...more,
  });
  const delta = (given: object, finish_reason: string | null = null) =>
    chunk([{ index: 0, delta: given, finish_reason }]);
  const { text = '', reasoning = '', calls = [] } = reply;
  const said = (member: string, whole: string) =>
    whole === '' ? [] : piecesOf(whole).map((piece) => delta({ [member]: piece }));
  return [
    delta({ role: 'assistant', content: '' }),
    ...said('reasoning_content', reasoning),
    ...said('content', text),
    ...calls.flatMap((call, index) => {
      const part = (given: object) => delta({ tool_calls: [{ index, ...given }] });
      return [
        part({ id: call.id ?? id(), type: 'function', function: { name: call.name, arguments: '' } }),
        ...piecesOf(argsText(call)).map((piece) => part({ function: { arguments: piece } })),
      ];
    }),
    delta({}, FINISH[finishOf(reply)]),
    ...(withUsage && reply.usage !== null ? [chunk([], { usage: usageOf(reply) })] : []),
  ];
}

function usageOf({ usage }: Reply) {
  const { input, output, cacheRead, reasoning } = usage ?? USAGE;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(cacheRead !== undefined && { prompt_tokens_details: { cached_tokens: cacheRead } }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

export const openAiError = (status: number) => ({
  error: { message: `The scripted model answers ${status}.`, type: 'scripted' },
});
