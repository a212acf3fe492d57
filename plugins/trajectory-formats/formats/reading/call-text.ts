import { callArguments } from './call-arguments.ts';
import { isObject, type JsonObject, objectOf, textOf } from './members.ts';
import { readPythonCalls, readPythonLiteral } from './python-literal.ts';

/** Calls as `{name, arguments}`, and what is said besides. */
export interface SpokenCalls {
  readonly text: string;
  readonly calls: readonly JsonObject[];
}

const CALL_TAG = /<tool_call>\s*([\s\S]*?)\s*<\/tool_call>/g;
/** Without its end where a stop word cut it off. */
const FUNCTION_TAG = /<function=([\w./:-]+)>([\s\S]*?)(?:<\/function>|$)/g;
const PARAMETER_TAG = /<parameter=([\w.-]+)>([\s\S]*?)<\/parameter>/g;
const ACTION = /^Action:[ \t]*(\S[^\n]*)\n\s*Action Input:\s*(\{[\s\S]*)$/;
const THOUGHT = /^\s*Thought:[ \t]*/;

/**
 * Calls that the model wrote into its text: in tags (`<tool_call>` with JSON or Python's `repr`, `<function=NAME>` with
 * `<parameter=NAME>`), or as `Action` and `Action Input`. Text that only speaks of tags has no calls.
 */
export function callsInReply(reply: string): SpokenCalls {
  if (reply.includes('<function=')) return functionCalls(reply);
  // Without an end each beginning would be looked at to the end of the text.
  if (reply.includes('<tool_call>') && reply.includes('</tool_call>')) {
    const calls = [...reply.matchAll(CALL_TAG)].flatMap(([, call]) => parsedCalls(call!) ?? []);
    if (calls.length > 0) return { text: reply.replace(CALL_TAG, '').trim(), calls };
  }
  const at = actionIn(reply);
  const action = at < 0 ? null : ACTION.exec(reply.slice(at).trimEnd());
  const args = action === null ? undefined : callArguments(action[2]);
  if (action === null || args === undefined || 'input' in args) return { text: reply, calls: [] };
  return {
    text: reply.slice(0, at).replace(THOUGHT, '').trim(),
    calls: [{ name: action[1]!.trim(), arguments: args }],
  };
}

/** Where the action of the first input begins, at the beginning of a line. */
function actionIn(reply: string): number {
  const input = reply.indexOf('Action Input:');
  const at = input < 0 ? -1 : reply.lastIndexOf('Action:', input);
  return at >= 0 && /(?:^|\n)[ \t]*$/.test(reply.slice(Math.max(0, at - 200), at)) ? at : -1;
}

function functionCalls(reply: string): SpokenCalls {
  const calls = [...reply.matchAll(FUNCTION_TAG)].map(([, name, body]) => ({
    name,
    arguments: Object.fromEntries(
      (body!.includes('</parameter>') ? [...body!.matchAll(PARAMETER_TAG)] : []).map(([, parameter, value]) => [
        parameter,
        value!.replace(/^\n|\n$/g, ''),
      ]),
    ),
  }));
  const text = reply.replace(FUNCTION_TAG, '').replace(/<tool_call>\s*<\/tool_call>/g, '');
  return { text: calls.length > 0 ? text.trim() : reply, calls };
}

/** A text that is nothing but calls: one or a list. What is none is a call of a tool without a name, kept as it is. */
export const callsInText = (text: string): readonly JsonObject[] =>
  parsedCalls(text) ?? [{ name: '', arguments: { input: text } }];

/** Calls as Python writes them; what is none is one call, with its text as the argument. */
export const callsInPython = (text: string): readonly JsonObject[] =>
  text.trim() === ''
    ? []
    : (readPythonCalls(text)?.map((call): JsonObject => ({ ...call })) ?? [
        { name: /^\s*\[?\s*([A-Za-z_][\w.-]*)\(/.exec(text)?.[1] ?? '', arguments: { input: text } },
      ]);

function parsedCalls(text: string): readonly JsonObject[] | undefined {
  const value = parsed(text);
  const calls = (Array.isArray(value) ? value : [value]).filter(isCall);
  return calls.length > 0 ? calls : undefined;
}

const isCall = (value: unknown): value is JsonObject =>
  isObject(value) && textOf(value.name ?? objectOf(value.function).name) !== undefined;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return /^\s*[[{]/.test(text) ? readPythonLiteral(text) : undefined;
  }
}

const RESULT_TAG = /<tool_response>\s*([\s\S]*?)\s*<\/tool_response>/g;

/** Results in tags, each by itself; the whole text where there are none. */
export function resultsInText(text: string): readonly string[] {
  const tagged = text.includes('</tool_response>') ? [...text.matchAll(RESULT_TAG)].map(([, result]) => result!) : [];
  return tagged.length > 0 ? tagged : [text];
}

const TOLD_RESULT = /^\s*(?:<tool_response>|OBSERVATION:|Observation:|EXECUTION RESULT of \[[^\]\n]*\]:)/;

/** Whether a text that stands under the user's name is what a call gave: for models without a role for results. */
export const isToldResult = (text: string): boolean => TOLD_RESULT.test(text);
