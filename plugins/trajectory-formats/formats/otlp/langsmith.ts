import { isObject, type JsonObject, listOf, objectOf, textOf } from '../reading/members.ts';
import { type Span, timeOfSpan } from './spans.ts';

const OPERATIONS: Readonly<Record<string, string>> = { llm: 'chat', tool: 'execute_tool' };

/** A run of LangSmith as a span with the attributes of the GenAI conventions. */
export function spanOfRun(run: JsonObject): Span {
  const { inputs, outputs, extra, run_type, name, id } = run;
  const metadata = objectOf(objectOf(extra).metadata);
  const parameters = objectOf(objectOf(extra).invocation_params);
  const operation = textOf(run_type) ?? '';
  const attributes: Readonly<Record<string, unknown>> = {
    'gen_ai.operation.name': Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : operation,
    'gen_ai.conversation.id': metadata.thread_id ?? metadata.session_id ?? metadata.conversation_id,
    ...(operation === 'tool' && {
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.id': metadata.tool_call_id ?? objectOf(outputOf(outputs)).tool_call_id,
      'gen_ai.tool.call.arguments': objectOf(inputs).input ?? inputs,
      'gen_ai.tool.call.result': objectOf(outputOf(outputs)).content ?? outputOf(outputs),
    }),
    ...(operation === 'llm' && {
      'gen_ai.request.model': metadata.ls_model_name ?? parameters.model ?? parameters.model_name,
      'gen_ai.input.messages': listOf(objectOf(inputs).messages ?? objectOf(inputs).prompts).flat(),
      'gen_ai.output.messages': answersOf(objectOf(outputs)),
      'gen_ai.usage.input_tokens': run.prompt_tokens,
      'gen_ai.usage.output_tokens': run.completion_tokens,
      'gen_ai.tool.definitions': parameters.tools,
    }),
  };
  return {
    id: textOf(id) ?? '',
    trace: textOf(run.trace_id) ?? textOf(run.parent_run_id) ?? textOf(id) ?? '',
    parent: textOf(run.parent_run_id),
    name: textOf(name) ?? '',
    start: timeOfSpan(run.start_time),
    failed: textOf(run.error) !== undefined,
    attributes: new Map(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null)),
    events: [],
  };
}

const outputOf = (outputs: unknown): unknown => (isObject(outputs) && 'output' in outputs ? outputs.output : outputs);

/** As LangChain (`generations`), OpenAI (`choices`) or a plain function (`messages`, `message`) give them. */
function answersOf({ generations, choices, messages, message }: JsonObject): readonly unknown[] {
  const given = [...listOf(generations).flat(), ...listOf(choices)].map(
    (one) => objectOf(one).message ?? objectOf(one).text,
  );
  return [...given, ...listOf(messages), message].filter((one) => one !== undefined && one !== null);
}
