import type { ImportedRun } from '../api.ts';
import type { Format, Origin, RunDraft } from '../format.ts';
import { messagesOf } from './atif/messages.ts';
import type { OwnRun } from './atif/own.ts';
import { type AtifTrajectory, TRAJECTORY } from './atif/record.ts';
import { isObject, numberOf, objectOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';
import { shaped } from './reading/shaped.ts';
import { toolDefinitions } from './reading/tool-definitions.ts';

/** Harbor's Agent Trajectory Interchange Format, 1.0 to 1.8. Sub-agents that are embedded become runs of their own. */
export const atif: Format = {
  name: 'atif',
  recognises: (value) =>
    isObject(value) &&
    typeof value.schema_version === 'string' &&
    Array.isArray(value.steps) &&
    (value.schema_version.startsWith('ATIF-') || (isObject(value.agent) && value.steps.slice(0, 3).some(isStep))),
  read: (value, origin) => runsOf(value, origin.alone ? origin.fileName : `${origin.fileName}#${origin.index}`, origin),
};

/** Some writers give the bare number of the version. */
const isStep = (step: unknown): boolean =>
  isObject(step) && 'message' in step && typeof step.source === 'string' && SOURCES.has(step.source);
const SOURCES = new Set(['system', 'user', 'agent']);

function runsOf(value: unknown, name: string, origin: Origin): readonly RunDraft[] {
  const trajectory = shaped(TRAJECTORY, value);
  const key = trajectory.trajectory_id || trajectory.session_id || name;
  const own = trajectory.extra?.datapresso;
  const subagents = (trajectory.subagent_trajectories ?? []).flatMap((one, index) =>
    runsOf(one, `${key}/${index + 1}`, origin),
  );
  return [own ? comeBack(trajectory, own) : foreign(trajectory, key), ...subagents];
}

/** A run that this project wrote. */
function comeBack(trajectory: AtifTrajectory, own: OwnRun): RunDraft {
  const { unnamed, empty, reference, ...kept } = own;
  const { agent, final_metrics: metrics } = trajectory;
  const { labels, ...rest } = reference ?? {};
  const labelled = isLabels(labels);
  return present({
    ...kept,
    agent: unnamed ? undefined : (agent?.name ?? undefined),
    model: agent?.model_name ?? undefined,
    messages: empty ? [] : messagesOf(trajectory, true),
    toolDefinitions: toolDefinitions(agent?.tool_definitions),
    usage: metrics ? (usageOf(trajectory) ?? {}) : own.usage,
    labels: labelled ? labels : undefined,
    reference: labelled && Object.keys(rest).length === 0 ? undefined : labelled ? rest : reference,
  }) as RunDraft;
}

function foreign(trajectory: AtifTrajectory, key: string): RunDraft {
  const { agent, steps, continued_trajectory_ref } = trajectory;
  const messages = messagesOf(trajectory, false);
  const asked =
    messages.find(({ role, demo }) => role === 'user' && !demo) ?? messages.find(({ role }) => role === 'user');
  return present({
    key,
    agent: agent?.name ?? undefined,
    model: agent?.model_name ?? steps.find(({ model_name }) => model_name)?.model_name ?? undefined,
    startedAt: messages.find(({ at }) => at !== undefined)?.at,
    request: requestOf(asked?.text ?? ''),
    messages,
    outcome: outcomeOf(trajectory),
    toolDefinitions: toolDefinitions(agent?.tool_definitions),
    usage: usageOf(trajectory),
    counts: { steps: steps.length },
    reference: continued_trajectory_ref ? { continued_trajectory_ref } : undefined,
  });
}

/** ATIF leaves the judgement to others, who leave it in `extra`. */
function outcomeOf({ extra, final_metrics }: AtifTrajectory): ImportedRun['outcome'] {
  for (const judged of [objectOf(extra), objectOf(final_metrics?.extra)]) {
    for (const name of ['success', 'resolved', 'passed'])
      if (typeof judged[name] === 'boolean') return { success: judged[name], evidence: `extra.${name}` };
    const reward = numberOf(judged.reward);
    if (reward !== undefined) return { success: reward >= 1, score: reward, evidence: 'extra.reward' };
  }
  return { success: null };
}

function usageOf({ final_metrics, steps }: AtifTrajectory): ImportedRun['usage'] {
  const sum = (one: (step: AtifTrajectory['steps'][number]) => number | null | undefined): number | undefined => {
    const known = steps.map(one).filter((value) => typeof value === 'number');
    return known.length > 0 ? known.reduce((total, value) => total + value, 0) : undefined;
  };
  const usage = present({
    inputTokens: final_metrics?.total_prompt_tokens ?? sum(({ metrics }) => metrics?.prompt_tokens),
    outputTokens: final_metrics?.total_completion_tokens ?? sum(({ metrics }) => metrics?.completion_tokens),
    usd: final_metrics?.total_cost_usd ?? sum(({ metrics }) => metrics?.cost_usd),
  });
  return Object.keys(usage).length > 0 ? usage : undefined;
}

const isLabels = (value: unknown): value is Readonly<Record<string, string | number>> =>
  isObject(value) && Object.values(value).every((label) => typeof label === 'string' || typeof label === 'number');
