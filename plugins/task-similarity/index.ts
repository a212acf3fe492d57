import { definePlugin } from '#kernel';
import { TASK_SIMILARITY } from './api.ts';
import { taskSimilarityConfig } from './config.ts';
import { LexicalSimilarity } from './similarity.ts';

export default definePlugin({
  name: 'task-similarity',
  summary: 'Tells runs of the same task, near-duplicate texts, and texts that hold a listed task; without a model.',
  config: taskSimilarityConfig,
  provides: { similarity: TASK_SIMILARITY },
  create: ({ config }) => ({ similarity: new LexicalSimilarity(config) }),
});
