import type { RunMessage } from '../../api.ts';
import { contentText } from '../reading/content.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../reading/members.ts';
import { attribute, listed, nested, structured } from './attributes.ts';
import type { Span } from './spans.ts';
import { traceMessages } from './trace-messages.ts';

/** What went into a call of the model, and what came out of it. */
export interface ModelCall {
  readonly input: readonly RunMessage[];
  readonly output: readonly RunMessage[];
}

export function modelCall(span: Span): ModelCall {
  const system = listed(attribute(span, 'gen_ai.system_instructions', 'gen_ai.system.instructions'));
  const told = system.length === 0 ? [] : [{ role: 'system' as const, text: contentText(system) }];
  return {
    input: [...told, ...inputs(span).flatMap((message) => traceMessages(message, 'user'))],
    output: outputs(span).flatMap((message) => traceMessages(message, 'assistant')),
  };
}

const EVENTS: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
};

function inputs(span: Span): readonly unknown[] {
  const whole = listed(
    attribute(span, 'gen_ai.input.messages', 'ai.prompt.messages') ?? ofEvent(span, 'gen_ai.input.messages'),
  );
  if (whole.length > 0) return whole;
  const old = listed(attribute(span, 'gen_ai.prompt'));
  if (old.length > 0) return old;
  const flat = [...nested(span, 'llm.input_messages'), ...nested(span, 'gen_ai.prompt')];
  if (flat.length > 0) return flat.map(inner);
  const events = span.events.flatMap(({ name, attributes }) =>
    Object.hasOwn(EVENTS, name) ? [{ role: EVENTS[name], ...said(attributes) }] : [],
  );
  return events.length > 0 ? events : wrapped(attribute(span, 'input.value'));
}

function outputs(span: Span): readonly unknown[] {
  const whole = listed(attribute(span, 'gen_ai.output.messages') ?? ofEvent(span, 'gen_ai.output.messages'));
  if (whole.length > 0) return whole;
  const old = listed(attribute(span, 'gen_ai.completion'));
  if (old.length > 0) return old.map(completion);
  const flat = [...nested(span, 'llm.output_messages'), ...nested(span, 'gen_ai.completion')];
  if (flat.length > 0) return flat.map(inner);
  const text = attribute(span, 'ai.response.text');
  const calls = listed(attribute(span, 'ai.response.toolCalls')).map(sdkCall);
  if (text !== undefined || calls.length > 0) return [{ role: 'assistant', content: text ?? '', tool_calls: calls }];
  const choices = span.events.filter(({ name }) => name === 'gen_ai.choice');
  return choices.map(({ attributes }) => {
    const choice = said(attributes);
    return { ...choice, ...objectOf(structured(choice.message)), role: 'assistant' };
  });
}

/** What the model said, as an older convention has it: a message, or its text alone. */
const completion = (value: unknown): unknown => {
  const { role, content, text } = objectOf(value);
  return role === undefined && content === undefined && typeof text === 'string' ? text : value;
};

/** The details of a call may be an event of its span instead of attributes. */
const ofEvent = (span: Span, name: string): unknown =>
  span.events.find(({ attributes }) => attributes.has(name))?.attributes.get(name);

/** Attributes of an event may be JSON in strings; content is text, whatever it looks like. */
const said = (attributes: ReadonlyMap<string, unknown>): JsonObject =>
  Object.fromEntries([...attributes].map(([name, value]) => [name, name === 'content' ? value : structured(value)]));

/** OpenInference wraps what it flattens: `message`, `message_content`, `tool_call`. */
function inner(value: unknown): unknown {
  const { message, ...rest } = objectOf(value);
  const flat = isObject(message) ? message : rest;
  const contents = listOf(flat.contents).map((part) => {
    const { type, text } = objectOf(objectOf(part).message_content ?? part);
    return { type: textOf(type) ?? 'text', ...(typeof text === 'string' && { text }) };
  });
  return contents.length > 0 && flat.content === undefined ? { ...flat, content: contents } : flat;
}

const sdkCall = (value: unknown): unknown => {
  const { toolCallId, toolName, args, input } = objectOf(value);
  return { id: toolCallId, name: toolName, arguments: args ?? input };
};

/** A request or its messages as JSON, where nothing more exact is there. */
function wrapped(value: unknown): readonly unknown[] {
  const given = structured(value);
  if (Array.isArray(given)) return given;
  const { messages } = objectOf(given);
  if (Array.isArray(messages)) return messages.flat();
  return typeof given === 'string' ? [given] : [];
}
