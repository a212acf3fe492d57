import type { RunCall, RunMessage, RunToolDefinition } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { Conversation } from '../reading/conversation.ts';
import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf, timeOf } from '../reading/members.ts';
import { toolDefinitions } from '../reading/tool-definitions.ts';
import { toolOf } from '../reading/tool-name.ts';

export interface ReadEvents {
  readonly messages: readonly RunMessage[];
  readonly tools: readonly RunToolDefinition[] | undefined;
  readonly model: string | undefined;
  readonly answer: string | undefined;
}

/** Events by which the harness runs itself: no tool of the agent, and nothing that anybody said. */
const OWN_AFFAIRS = new Set([
  'null',
  'recall',
  'change_agent_state',
  'agent_state_changed',
  'condensation',
  'condensation_request',
  'loop_recovery',
  'system',
  'initialize',
  'start',
  'pause',
  'resume',
  'stop',
  'condense',
]);

/** What the harness puts into an action beside the arguments that the model gave. */
const NO_ARGUMENTS = new Set([
  'thought',
  'is_input',
  'is_static',
  'blocking',
  'hidden',
  'keep_prompt',
  'cwd',
  'confirmation_state',
  'is_confirmed',
  'security_risk',
  'impl_source',
  'translated_ipython_code',
  'kernel_init_code',
  'include_extra',
  'return_all',
]);

/** V0: an action names what it does, an observation the action that caused it. */
export function readLegacy(events: readonly JsonObject[]): ReadEvents {
  const reader = new LegacyReader();
  events.forEach((event, index) => {
    if (typeof event.action === 'string') reader.action(event, event.action, index);
    else if (typeof event.observation === 'string') reader.observation(event, event.observation);
  });
  return reader;
}

class LegacyReader implements ReadEvents {
  tools: readonly RunToolDefinition[] | undefined;
  model: string | undefined;
  answer: string | undefined;
  readonly #talk = new Conversation();
  /** Ids of calls by the ids of their events. */
  readonly #calls = new Map<unknown, string>();
  readonly #turns = new Set<string>();
  #last: string | undefined;

  get messages(): readonly RunMessage[] {
    return this.#talk.messages;
  }

  action(event: JsonObject, action: string, index: number): void {
    const at = timeOf(event.timestamp);
    // Exports of feedback have one place for what actions and observations carry.
    const args = objectOf(event.args ?? event.extras);
    const said = contentText(args.content ?? event.message);
    if (action === 'initialize') this.model ??= textOf(args.LLM_MODEL);
    if (action === 'system') {
      this.#talk.say('system', said, at);
      this.tools ??= toolDefinitions(args.tools);
    } else if (action === 'message' && event.source === 'agent') {
      this.#talk.act({ text: said, at, turn: `event ${index}` });
    } else if (event.source === 'user') {
      if (action === 'message' || action === 'run') this.#talk.say('user', textOf(args.command) ?? said, at);
    } else if (action === 'message') this.#talk.say('user', said, at);
    else if (!OWN_AFFAIRS.has(action)) this.#act(event, action, args, index, at);
  }

  observation(event: JsonObject, observation: string): void {
    if (OWN_AFFAIRS.has(observation)) return;
    const at = timeOf(event.timestamp);
    const text = contentText(event.content);
    const id = this.#calls.get(event.cause) ?? textOf(objectOf(event.tool_call_metadata).tool_call_id) ?? this.#last;
    // The harness tells the agent of its own mistakes, too, such as an answer that it could not read.
    if (id === undefined || this.#talk.answered(id)) this.#talk.say('user', text, at);
    else this.#talk.answer(id, text, errorOf(event, observation), at);
  }

  #act(event: JsonObject, action: string, args: JsonObject, index: number, at: number | undefined): void {
    const response = objectOf(objectOf(event.tool_call_metadata).model_response);
    const message = objectOf(objectOf(listOf(response.choices)[0]).message);
    const call = callOf(event, action, args, message, index);
    const turn = textOf(response.id) ?? `event ${index}`;
    // Every call of a response repeats what was said with them.
    const first = !this.#turns.has(turn);
    this.#turns.add(turn);
    this.#talk.act({
      text: first ? contentText(saidWith(action, args) ?? message.content) : '',
      reasoning: first ? contentText(message.reasoning_content) : '',
      calls: [call],
      at,
      turn,
    });
    this.#last = call.id;
    this.model ??= textOf(response.model);
    if (event.id != null) this.#calls.set(event.id, call.id);
    if (action === 'finish' || action === 'reject') this.answer = answerOf(args, event) ?? this.answer;
  }
}

/** The thought of `think` is its argument. */
const saidWith = (action: string, { thought }: JsonObject): string | undefined =>
  action === 'think' ? undefined : textOf(thought);

function callOf(event: JsonObject, action: string, args: JsonObject, message: JsonObject, index: number): RunCall {
  const { function_name, tool_call_id } = objectOf(event.tool_call_metadata);
  const asked = listOf(message.tool_calls).find((call) => isObject(call) && call.id === tool_call_id);
  const given = objectOf(objectOf(asked).function).arguments;
  const mcp = action === 'call_tool_mcp' || action === 'mcp';
  const name = textOf(function_name) ?? (mcp ? textOf(args.name) : undefined) ?? action;
  const own = Object.entries(args).filter(([member]) => !NO_ARGUMENTS.has(member));
  return {
    id: textOf(tool_call_id) ?? `call_${textOf(event.id) ?? numberOf(event.id) ?? index}`,
    tool: toolOf(name),
    args: given !== undefined ? callArguments(given) : mcp ? callArguments(args.arguments) : Object.fromEntries(own),
  };
}

function errorOf({ success, extras }: JsonObject, observation: string): boolean | undefined {
  if (observation === 'error' || observation === 'user_rejected') return true;
  if (typeof success === 'boolean') return !success;
  const { exit_code, metadata } = objectOf(extras);
  const code = numberOf(exit_code) ?? numberOf(objectOf(metadata).exit_code);
  // Below zero: the command is still running.
  return code === undefined || code < 0 ? undefined : code > 0;
}

const answerOf = (
  { final_thought, message, outputs, reason, thought }: JsonObject,
  event: JsonObject,
): string | undefined =>
  [final_thought, message, objectOf(outputs).content, reason, thought, event.message].map(textOf).find((text) => text);
