import type { RunCall } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { isObject, type JsonObject, objectOf, textOf } from '../reading/members.ts';
import type { PendingCalls } from '../reading/pending-calls.ts';
import { toolOf } from '../reading/tool-name.ts';

const CALLS = ['functionCall', 'function_call'];
const RESULTS = ['functionResponse', 'function_response'];
const MEDIA = ['inlineData', 'inline_data', 'fileData', 'file_data'];
/** A signature stands for thoughts, and says nothing to a reader. */
const SIGNATURES = ['thoughtSignature', 'thought_signature'];
const PARTS = new Set(['text', 'executableCode', 'codeExecutionResult', ...MEDIA, ...CALLS, ...RESULTS, ...SIGNATURES]);

export const isPart = (value: unknown): value is JsonObject =>
  isObject(value) && Object.keys(value).some((name) => PARTS.has(name));

/** Content as Gemini's API takes it: one text, one part, or a list of both. */
export const partsOf = (content: unknown): readonly JsonObject[] =>
  (Array.isArray(content) ? content : [content]).flatMap((part) =>
    typeof part === 'string' ? [{ text: part }] : isObject(part) ? [part] : [],
  );

/** What is said in parts; what is no text is named in brackets. */
export const wordsIn = (parts: readonly JsonObject[]): string => textIn(parts, false);
export const thoughtsIn = (parts: readonly JsonObject[]): string => textIn(parts, true);

const textIn = (parts: readonly JsonObject[], thought: boolean): string =>
  parts
    .filter((part) => (part.thought === true) === thought)
    .map(partText)
    .filter((text) => text !== '')
    .join('\n');

function partText(part: JsonObject): string {
  if (typeof part.text === 'string') return part.text;
  const [media] = inside([part], MEDIA);
  if (media !== undefined) {
    const [, kind = 'file'] = /^(image|audio|video)\//.exec(textOf(media.mimeType ?? media.mime_type) ?? '') ?? [];
    return `[${kind}]`;
  }
  if (isObject(part.executableCode)) return contentText(part.executableCode.code);
  if (isObject(part.codeExecutionResult)) return contentText(part.codeExecutionResult.output);
  return isPart(part) ? '' : contentText([part]);
}

export const callsIn = (parts: readonly JsonObject[]): readonly JsonObject[] => inside(parts, CALLS);

export function callOf({ id, name, args }: JsonObject, pending: PendingCalls): RunCall {
  const called = textOf(name) ?? '';
  return { id: pending.called(textOf(id), called), tool: toolOf(called), args: callArguments(args) };
}

export interface PartResult {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly text: string;
  readonly error: true | undefined;
}

/** Results of calls; `error` where the response is one. */
export const resultsIn = (parts: readonly JsonObject[]): readonly PartResult[] =>
  inside(parts, RESULTS).map(({ id, name, response }) => {
    const { result, output, error } = objectOf(response);
    const only = Object.keys(objectOf(response)).length === 1 ? (result ?? output ?? error) : undefined;
    const text = typeof only === 'string' ? only : response === undefined ? '' : JSON.stringify(response);
    const failed = error !== undefined && error !== null;
    return { id: textOf(id), name: textOf(name), text, error: failed || undefined };
  });

const inside = (parts: readonly JsonObject[], names: readonly string[]): readonly JsonObject[] =>
  parts.flatMap((part) => names.flatMap((name) => (isObject(part[name]) ? [part[name]] : [])));
