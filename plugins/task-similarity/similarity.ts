import type { ListedTask, TaskSimilarity } from './api.ts';
import type { TaskSimilarityConfig } from './config.ts';
import { TaskClusters } from './identity/task-clusters.ts';
import { DuplicateIndex } from './near/duplicate-index.ts';
import { ListedTasks } from './near/listed-tasks.ts';

export class LexicalSimilarity implements TaskSimilarity {
  readonly #config: TaskSimilarityConfig;

  constructor(config: TaskSimilarityConfig) {
    this.#config = config;
  }

  identity() {
    return new TaskClusters(this.#config.identity, this.#config.identity);
  }

  nearDuplicates(options: { readonly threshold?: number } = {}) {
    const { threshold, ...limits } = this.#config.nearDuplicates;
    return new DuplicateIndex({ threshold: options.threshold ?? threshold, ...limits });
  }

  contamination(list: readonly ListedTask[]) {
    return new ListedTasks(list, this.#config.contamination);
  }
}
