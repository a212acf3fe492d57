import type { ImportedRun, RunCall, RunMessage } from '../api.ts';

type Members = Readonly<Record<string, unknown>>;

/** A run as ATIF 1.7 has it. What it has no member for is under `extra.datapresso`, so that it comes back as it was. */
export function trajectoryOf(run: ImportedRun): Members {
  const { id, session, agent, model, usage, toolDefinitions, messages, format: _, ...kept } = run;
  const counted = usage !== undefined && [usage.inputTokens, usage.outputTokens].every(isCount);
  return {
    schema_version: 'ATIF-v1.7',
    trajectory_id: id,
    ...(session !== undefined && { session_id: session }),
    agent: {
      name: agent ?? 'unknown',
      version: 'unknown',
      ...(model !== undefined && { model_name: model }),
      ...(toolDefinitions !== undefined && {
        tool_definitions: toolDefinitions.map(({ server, name, description, inputSchema }) => ({
          type: 'function',
          ...(server !== undefined && { server }),
          function: { name, description, parameters: inputSchema },
        })),
      }),
    },
    steps: stepsOf(messages),
    ...(counted && {
      final_metrics: {
        total_prompt_tokens: usage.inputTokens,
        total_completion_tokens: usage.outputTokens,
        total_cost_usd: usage.usd,
      },
    }),
    ...own({
      ...kept,
      session,
      usage: counted ? undefined : usage,
      unnamed: agent === undefined ? true : undefined,
      empty: messages.length === 0 ? true : undefined,
    }),
  };
}

interface Step {
  readonly members: Members;
  readonly results: Members[];
  readonly ids: ReadonlySet<string>;
}

/** A result belongs to the step before it, as long as nobody has spoken since; else it is a step of its own. */
function stepsOf(messages: readonly RunMessage[]): readonly Members[] {
  const steps: Step[] = [];
  for (const message of messages) {
    const last = steps.at(-1);
    if (message.role !== 'tool') steps.push(spoken(message));
    else if (last?.members.source === 'agent') last.results.push(resultOf(message, last.ids));
    else
      steps.push({
        members: { source: 'system', message: '', ...own({ role: 'tool' }) },
        results: [resultOf(message, new Set())],
        ids: new Set(),
      });
  }
  if (steps.length === 0) steps.push({ members: { source: 'system', message: '' }, results: [], ids: new Set() });
  return steps.map(({ members, results }, index) => ({
    step_id: index + 1,
    ...members,
    ...(results.length > 0 && { observation: { results } }),
  }));
}

function spoken({ role, text, reasoning, calls, at, ...kept }: RunMessage): Step {
  const timed = at !== undefined && isTimestamp(at);
  const agent = role === 'assistant';
  return {
    members: {
      source: agent ? 'agent' : role,
      ...(timed && { timestamp: new Date(at).toISOString() }),
      message: text,
      ...(agent && reasoning !== undefined && { reasoning_content: reasoning }),
      ...(agent && calls !== undefined && { tool_calls: calls.map(callOf) }),
      ...own({ ...kept, ...(!timed && { at }), ...(!agent && { reasoning, calls }) }),
    },
    results: [],
    ids: new Set(agent ? calls?.map(({ id }) => id) : []),
  };
}

const callOf = ({ id, tool, args, lookup }: RunCall): Members => ({
  tool_call_id: id,
  function_name: tool.name,
  arguments: args,
  ...own({ server: tool.server, via: tool.via, lookup }),
});

/** ATIF links a result to a call of its own step only. */
function resultOf({ text, role: _, answers, ...kept }: RunMessage, ids: ReadonlySet<string>): Members {
  const linked = answers !== undefined && ids.has(answers);
  return {
    ...(linked && { source_call_id: answers }),
    content: text,
    ...own({ ...kept, ...(!linked && { answers }) }),
  };
}

/** Nothing, where there is nothing to keep. */
function own(members: Members): { extra?: { datapresso: Members } } {
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  return known.length === 0 ? {} : { extra: { datapresso: Object.fromEntries(known) } };
}

const isCount = (tokens: number | undefined): boolean => tokens === undefined || Number.isSafeInteger(tokens);

/** Whole ms of the years that ISO 8601 writes with four digits. */
const isTimestamp = (at: number): boolean => Number.isInteger(at) && at >= 0 && at < Date.UTC(10_000, 0);
