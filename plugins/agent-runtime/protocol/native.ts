import type { ReasoningPart, TextPart } from '#plugins/context/api';
import type { ToolCall } from '#plugins/llm/api';
import type { Protocol } from './protocol.ts';

/** The model calls tools itself. */
export const native: Protocol = {
  name: 'native',
  fixed: (system, tools) => ({ system, tools }),
  messages: (history) => history,
  read: ({ parts, finish }) => {
    const calls = parts.filter((part): part is ToolCall => part.type === 'call');
    const said = parts.filter((part): part is TextPart | ReasoningPart => part.type !== 'call');
    if (calls.length > 0 || finish === 'stop' || finish === 'tools') return { parts: said, calls };
    const why =
      finish === 'length'
        ? 'Your reply was cut at the longest answer. Go on where it ended, or say it shorter.'
        : 'The provider refused that reply. Say it otherwise, or do without.';
    return { parts: said, calls, unfinished: why };
  },
};
