import { z } from 'zod';
import { definePlugin, many } from '#kernel';
import { FUNCTION_TOOLS, type FunctionTool } from '#plugins/tool-registry/api';
import { fixtureCalls as calls } from '../../fixture-calls.ts';

const PNG = 'iVBORw0KGgo=';
const id = z.object({ id: z.string() });
const none = z.object({});

const tools: FunctionTool[] = [
  {
    name: 'say',
    description: 'Says it.',
    parameters: z.object({ text: z.string() }),
    capabilities: ['saying'],
    run: ({ text }) => String(text),
  },
  { name: 'count', description: 'Has an effect.', parameters: id, run: (args) => `run ${calls.ran(args.id)}` },
  {
    name: 'look',
    description: 'Changes nothing.',
    parameters: id,
    annotations: { readOnlyHint: true, idempotentHint: true },
    run: (args) => `run ${calls.ran(args.id)}`,
  },
  {
    name: 'hold',
    description: 'Has an effect, and answers when it is let go.',
    parameters: id,
    run: async (args, { signal }) => {
      const runs = calls.ran(args.id);
      await new Promise<void>((go, stop) => {
        calls.waiting.add(go);
        signal.addEventListener('abort', () => {
          calls.aborted++;
          stop(signal.reason);
        });
      });
      return `run ${runs}`;
    },
  },
  {
    name: 'refuse',
    description: 'Says that it failed.',
    parameters: none,
    run: () => ({ content: [{ type: 'text', text: 'no such file' }], isError: true }),
  },
  {
    name: 'big',
    description: 'A long text.',
    parameters: z.object({ bytes: z.number() }),
    run: ({ bytes }) => 'é'.repeat(Number(bytes) / 2),
  },
  {
    name: 'picture',
    description: 'A picture of so many bytes.',
    parameters: z.object({ bytes: z.number() }),
    run: ({ bytes }) => ({
      content: [{ type: 'image', mimeType: 'image/png', data: Buffer.alloc(Number(bytes)).toString('base64') }],
    }),
  },
  {
    name: 'parts',
    description: 'All kinds of content.',
    parameters: none,
    run: () => ({
      content: [
        { type: 'text', text: 'first' },
        { type: 'image', mimeType: 'image/png', data: PNG },
        { type: 'audio', mimeType: 'audio/wav', data: PNG },
        { type: 'resource', resource: { uri: 'file:///notes.md', mimeType: 'text/markdown', text: '# notes' } },
        { type: 'resource', resource: { uri: 'file:///x.bin', blob: PNG } },
        { type: 'resource_link', uri: 'https://example.com/a.csv', name: 'a', mimeType: 'text/csv', size: 12 },
        { type: 'text', text: 'last \ud800' },
      ],
    }),
  },
  {
    name: 'structured',
    description: 'Only JSON.',
    parameters: none,
    run: () => ({ content: [], structuredContent: { a: 1 } }),
  },
];

export default definePlugin({
  name: 'plane-fixtures',
  summary: 'Tools with every kind of outcome, for tests.',
  config: z.strictObject({}),
  provides: { tools: many(FUNCTION_TOOLS, 'fix') },
  create: () => ({ tools: { title: 'Fixtures', tools } }),
});
