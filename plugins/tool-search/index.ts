import { z } from 'zod';
import { definePlugin } from '#kernel';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_SEARCH } from './api.ts';
import { LexicalSearch } from './lexical.ts';

export default definePlugin({
  name: 'tool-search',
  summary: 'Ranks the registry’s tools by how well they answer a need told in words.',
  config: z.strictObject({
    nameWeight: z
      .number()
      .min(0)
      .default(3)
      .describe('how much a word in the tool’s name counts against one in its text'),
    parameterWeight: z.number().min(0).default(0.5).describe('how much a parameter’s name counts'),
  }),
  requires: { registry: TOOL_REGISTRY },
  provides: { search: TOOL_SEARCH },
  create: ({ registry, config }) => ({ search: new LexicalSearch(registry, config) }),
});
