import { z } from 'zod';
import { isFault } from '#kernel';
import type { Skills } from '#plugins/skills/api';
import type { ExecutionContext } from '../execution-context.ts';
import type { Journal } from '../journal.ts';
import { failed, type Observation, told } from '../observation.ts';
import { type OwnTool, ownTool } from './own-tool.ts';

const LONGEST_FILE = 60_000;

/** None where there is no skill: a tool without use only distracts. */
export function skillTools(skills: Skills, context: ExecutionContext, journal: Journal): readonly OwnTool[] {
  const names = skills.catalog.map(({ name }) => name);
  if (names.length === 0) return [];
  const name = z.enum(names as [string, ...string[]]);
  return [
    ownTool(
      'load_skill',
      'Shows the instructions of a skill. Load one when its description fits the task.',
      z.object({ name }),
      (args) =>
        orFailed(async () => {
          const { text, files } = await skills.load(args.name);
          if (!context.skills.has(args.name)) journal.state('skill', { name: args.name });
          context.skills.add(args.name);
          const more = files.length > 0 ? `\nFiles, to be read with read_skill: ${files.join(', ')}` : '';
          return told(`${text}${more}`);
        }),
    ),
    ownTool('read_skill', 'Shows one file of a skill.', z.object({ name, file: z.string().max(500) }), (args) =>
      orFailed(async () => told((await skills.read(args.name, args.file)).slice(0, LONGEST_FILE))),
    ),
  ];
}

async function orFailed(work: () => Promise<Observation>): Promise<Observation> {
  try {
    return await work();
  } catch (error) {
    if (!isFault(error)) throw error;
    const also = error.alternatives.length > 0 ? ` There is: ${error.alternatives.join(', ')}.` : '';
    return failed(`${error.message}.${also}`, error.code);
  }
}
