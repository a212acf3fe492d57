import type { GapTool } from '../api.ts';
import { pictureOf } from '../features.ts';
import { offeredOf } from '../offered.ts';

/** The tools nearest to a task by words, best first. */
export const likeliest = (task: string, tools: readonly GapTool[], most: number): readonly GapTool[] =>
  pictureOf(task, tools.map(offeredOf))
    .ranked.slice(0, most)
    .map(({ tool }) => tool);
