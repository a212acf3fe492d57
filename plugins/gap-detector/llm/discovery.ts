import type { Llm } from '#plugins/llm/api';
import type { GapRequest, GapTool } from '../api.ts';
import type { GapDetectorConfig } from '../config.ts';
import type { Judged } from '../retrieval.ts';
import { chosen } from './answer.ts';
import { likeliest } from './likeliest.ts';
import { prompt } from './prompt.ts';
import { type Analysis, analysis, type ToolkitChoice, toolChoice, toolkitChoice } from './shapes.ts';
import { shown, toolkitOf, toolkitsOf } from './shown.ts';

interface Parts {
  readonly llm: Llm;
  readonly config: GapDetectorConfig;
}

/**
 * Three steps (seed 003, section 3.2): analyse the task; choose toolkits, where the tools are more than one prompt holds;
 * choose tools, with a plan and its backups. Faults of the model are the caller's.
 */
export async function discover(
  { llm, config }: Parts,
  request: GapRequest,
  tools: readonly GapTool[],
  signal: AbortSignal,
): Promise<Judged> {
  const { profile, toolsInPrompt } = config.llm;
  const about = {
    task: request.task,
    ...(request.requiredCapabilities?.length && { required_capabilities: request.requiredCapabilities }),
    ...(request.preferences?.length && { preferences: request.preferences }),
    ...(request.constraints?.length && { constraints: request.constraints }),
  };
  const ask = async <T>(
    step: 'analyse' | 'toolkits' | 'tools',
    schema: Parameters<typeof llm.object<T>>[0]['schema'],
    user: object,
  ) =>
    (await llm.object<T>({ profile, name: step, system: prompt(step), user: JSON.stringify(user), schema }, signal))
      .value;

  const analysed = await ask<Analysis>('analyse', analysis, about);
  const { needs } = analysed;
  let offered = tools;
  let toolkits: ToolkitChoice['toolkits'] | undefined;
  if (tools.length > toolsInPrompt) {
    const all = toolkitsOf(tools, config.llm);
    const { toolkits: named } = await ask<ToolkitChoice>('toolkits', toolkitChoice, { ...about, needs, toolkits: all });
    const known = new Set(all.map(({ name }) => name));
    toolkits = named.filter(({ name }) => known.has(name));
    const wanted = new Set(toolkits.map(({ name }) => name));
    const within = tools.filter((tool) => wanted.has(toolkitOf(tool)));
    offered = within.length > toolsInPrompt ? likeliest(request.task, within, toolsInPrompt) : within;
  }
  const choice = await ask('tools', toolChoice, {
    ...about,
    needs: needs.map(({ capability }) => capability),
    tools: offered.map((tool) => shown(tool, config.llm)),
  });
  return chosen({ config, analysed, choice, offered, toolkits });
}
