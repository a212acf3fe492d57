import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { isObject, type JsonObject, objectOf, textOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';

/** A step `tool_execution` as a call and its result; no result where the call was cut off. */
export function executionOf(
  step: JsonObject,
  ownId: string,
): { readonly call: RunCall; readonly result: RunMessage | undefined } {
  const { tool_name, tool_id, tool, action, parameters, args, call } = objectOf(step.input_data);
  const id = textOf(call) ?? ownId;
  const named = textOf(tool_name) ?? textOf(tool_id) ?? textOf(tool) ?? '';
  const made: RunCall = { id, tool: nativeTool(named, textOf(action)), args: callArguments(parameters ?? args) };
  if (step.phase === 'begun' || step.output_data === null || step.output_data === undefined)
    return { call: made, result: undefined };
  const output = objectOf(step.output_data);
  const text = resultText(step.output_data);
  const success = [step.success, output.success].find((one) => typeof one === 'boolean') as boolean | undefined;
  return {
    call: made,
    result: present({ role: 'tool', text, answers: id, error: success === undefined ? undefined : !success }),
  };
}

/** Ids of tools read `server/tool`; older ones have the tool apart, as `action`. */
export function nativeTool(name: string, action?: string): RunCall['tool'] {
  const [, server, tool] = /^([^/]+)\/(.+)$/.exec(name) ?? [];
  if (server !== undefined && tool !== undefined) return { server, name: tool };
  return action === undefined || name === '' || action === name
    ? { name: name || (action ?? '') }
    : { server: name, name: action };
}

function resultText(output: unknown): string {
  if (!isObject(output)) return contentText(output);
  const { execution_result, error_message } = output;
  const result = execution_result ?? ('success' in output || 'error_message' in output ? undefined : output);
  const text =
    isObject(result) && typeof result.text !== 'string' && !Array.isArray(result.content)
      ? JSON.stringify(result)
      : contentText(result);
  return text || (textOf(error_message) ?? '');
}
