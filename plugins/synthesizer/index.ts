import { all, definePlugin } from '#kernel';
import { LLM } from '#plugins/llm/api';
import { QUEUE } from '#plugins/queue/api';
import { REDACTOR } from '#plugins/redaction/api';
import { STORAGE } from '#plugins/storage/api';
import { TASK_SIMILARITY } from '#plugins/task-similarity/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { TRAJECTORY_ARCHIVE } from '#plugins/trajectory-archive/api';
import { TRAJECTORY_FORMATS } from '#plugins/trajectory-formats/api';
import { ESSENCE_STRATEGY, EVOLVE_STRATEGY, SEED_CHECK, SEED_STRATEGY, SYNTHESIS, SYNTHESIS_REPORT } from './api.ts';
import { synthesizerConfig } from './config.ts';
import { Synthesizer } from './synthesizer.ts';

/** Of what makes seeds: grows when the same trajectories give others. */
const VERSION = 'synthesizer/1';

export default definePlugin({
  name: 'synthesizer',
  summary:
    'Makes checked seed tasks of trajectories, exactly once: essences, clusters of the same task, seeds, checks, files.',
  config: synthesizerConfig,
  requires: {
    storage: STORAGE,
    archive: TRAJECTORY_ARCHIVE,
    formats: TRAJECTORY_FORMATS,
    similarity: TASK_SIMILARITY,
    redactor: REDACTOR,
    queue: QUEUE,
    essences: all(ESSENCE_STRATEGY),
    seeds: all(SEED_STRATEGY),
    evolutions: all(EVOLVE_STRATEGY),
    checks: all(SEED_CHECK),
  },
  optional: { llm: LLM, report: SYNTHESIS_REPORT, trajectories: TRAJECTORIES },
  provides: { synthesis: SYNTHESIS },
  create: ({ essences, seeds, evolutions, checks, config, ...parts }) => {
    const synthesis = new Synthesizer(
      { ...parts, strategies: { essences, seeds, evolutions, checks } },
      config,
      VERSION,
    );
    return { synthesis, start: () => synthesis.start(), health: () => synthesis.health() };
  },
});
