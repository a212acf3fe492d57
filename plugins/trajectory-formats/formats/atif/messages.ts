import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { isObject, listOf, timeOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';
import { toolOf } from '../reading/tool-name.ts';
import type { AtifResult, AtifStep, AtifTrajectory } from './record.ts';

/** `own`: written by this project, so that what it has kept is exact and nothing is read into it. */
export const messagesOf = ({ steps }: AtifTrajectory, own: boolean): readonly RunMessage[] =>
  steps.flatMap((step) => (own ? ownStep(step) : foreignStep(step)));

function ownStep(step: AtifStep): readonly RunMessage[] {
  const results = (step.observation?.results ?? []).map(ownResult);
  const { role, ...kept } = step.extra?.datapresso ?? {};
  if (role === 'tool') return results;
  const said = present({
    role: step.source === 'agent' ? ('assistant' as const) : step.source,
    text: step.message,
    reasoning: step.reasoning_content ?? undefined,
    calls: step.tool_calls?.map(
      ({ tool_call_id, function_name, arguments: args, extra }): RunCall =>
        present({
          id: tool_call_id,
          tool: present({ server: extra?.datapresso?.server, name: function_name, via: extra?.datapresso?.via }),
          args: callArguments(args),
          lookup: extra?.datapresso?.lookup,
        }),
    ),
    at: timeOf(step.timestamp),
    ...kept,
  }) as RunMessage;
  return [said, ...results];
}

const ownResult = ({ content, source_call_id, extra }: AtifResult): RunMessage =>
  present({ answers: source_call_id ?? undefined, ...extra?.datapresso, role: 'tool', text: content }) as RunMessage;

function foreignStep(step: AtifStep): readonly RunMessage[] {
  // A step that was copied from an earlier trajectory is context of this run, not part of it.
  const common = present({ at: timeOf(step.timestamp), demo: step.is_copied_context ? (true as const) : undefined });
  const results = step.observation?.results ?? [];
  if (step.source !== 'agent') {
    const text = [step.message, ...results.map(resultText)].filter((one) => one !== '').join('\n');
    return [{ role: step.source, text, ...common }];
  }
  const calls = (step.tool_calls ?? []).map(({ tool_call_id, function_name, arguments: args }) => ({
    id: tool_call_id,
    tool: toolOf(function_name),
    args: callArguments(args),
  }));
  const said: RunMessage = {
    ...present({
      role: 'assistant' as const,
      text: step.message,
      reasoning: step.reasoning_content || undefined,
      calls: calls.length > 0 ? calls : undefined,
    }),
    ...common,
  };
  const only = calls.length === 1 ? calls[0]!.id : undefined;
  return [
    said,
    ...results.map(
      (result): RunMessage => ({
        ...present({
          role: 'tool' as const,
          text: resultText(result),
          answers: result.source_call_id || only,
          error: errorOf(result),
        }),
        ...common,
      }),
    ),
  ];
}

function resultText({ content, subagent_trajectory_ref }: AtifResult): string {
  if (content !== '') return content;
  const names = listOf(subagent_trajectory_ref).map((ref) =>
    isObject(ref) ? (ref.trajectory_id ?? ref.session_id ?? ref.trajectory_path) : undefined,
  );
  return names
    .filter((name) => typeof name === 'string')
    .map((name) => `[subagent ${name}]`)
    .join('\n');
}

function errorOf({ extra }: AtifResult): boolean | undefined {
  const said = extra?.is_error ?? extra?.error;
  return typeof said === 'boolean' ? said : undefined;
}
