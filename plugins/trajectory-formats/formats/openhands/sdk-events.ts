import type { RunMessage, RunToolDefinition } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { Conversation, lastWords } from '../reading/conversation.ts';
import { type JsonObject, numberOf, objectOf, textOf, timeOf } from '../reading/members.ts';
import { toolDefinitions } from '../reading/tool-definitions.ts';
import { toolOf } from '../reading/tool-name.ts';
import type { ReadEvents } from './legacy-events.ts';

/** V1: events by their `kind`. Those that are not named here tell of the harness: states, pauses, condensations, tokens. */
export function readEvents(events: readonly JsonObject[]): ReadEvents {
  const reader = new SdkReader();
  for (const event of events) reader.event(event);
  return reader;
}

class SdkReader implements ReadEvents {
  tools: readonly RunToolDefinition[] | undefined;
  readonly model = undefined;
  #finished: string | undefined;
  readonly #talk = new Conversation();
  readonly #calls = new Map<unknown, string>();
  readonly #turns = new Set<string>();
  #actions = 0;

  get messages(): readonly RunMessage[] {
    return this.#talk.messages;
  }

  get answer(): string | undefined {
    return this.#finished ?? lastWords(this.messages);
  }

  event(event: JsonObject): void {
    const at = timeOf(event.timestamp);
    switch (event.kind) {
      case 'SystemPromptEvent':
        this.#talk.say('system', contentText(event.system_prompt), at);
        this.tools ??= toolDefinitions(event.tools);
        return;
      case 'MessageEvent':
        return this.#message(event, at);
      case 'ActionEvent':
        return this.#action(event, at);
      case 'ObservationEvent':
        return this.#result(event, observed(objectOf(event.observation)), failed(objectOf(event.observation)), at);
      case 'AgentErrorEvent':
        return this.#result(event, contentText(event.error), true, at);
      case 'UserRejectObservation':
        return this.#result(event, contentText(event.rejection_reason), true, at);
    }
  }

  #message(event: JsonObject, at: number | undefined): void {
    const { role, content, reasoning_content } = objectOf(event.llm_message);
    const text = contentText(content);
    if (event.source !== 'agent' && role !== 'assistant')
      this.#talk.say(role === 'system' ? 'system' : 'user', text, at);
    else this.#talk.act({ text, reasoning: contentText(reasoning_content), at, turn: textOf(event.llm_response_id) });
  }

  #action(event: JsonObject, at: number | undefined): void {
    const { kind: _, ...given } = objectOf(event.action);
    const asked = objectOf(event.tool_call);
    const called = { ...objectOf(asked.function), ...asked };
    const id = textOf(event.tool_call_id) ?? textOf(asked.id) ?? `call_${++this.#actions}`;
    const name = textOf(event.tool_name) ?? textOf(called.name) ?? textOf(objectOf(event.action).kind) ?? 'unknown';
    const turn = textOf(event.llm_response_id) ?? id;
    const first = !this.#turns.has(turn);
    this.#turns.add(turn);
    this.#talk.act({
      text: first ? contentText(event.thought) : '',
      reasoning: first ? contentText(event.reasoning_content) : '',
      calls: [
        { id, tool: toolOf(name), args: called.arguments === undefined ? given : callArguments(called.arguments) },
      ],
      at,
      turn,
    });
    if (event.id !== undefined) this.#calls.set(event.id, id);
    if (name === 'finish') this.#finished = textOf(given.message) ?? textOf(callArguments(called.arguments).message);
  }

  #result(event: JsonObject, text: string, error: boolean | undefined, at: number | undefined): void {
    this.#talk.answer(textOf(event.tool_call_id) ?? this.#calls.get(event.action_id), text, error, at);
  }
}

const observed = ({ content, output, message, error }: JsonObject): string =>
  contentText(content) || contentText(output) || contentText(message) || contentText(error);

function failed({ is_error, exit_code, metadata }: JsonObject): boolean | undefined {
  if (typeof is_error === 'boolean' && is_error) return true;
  const code = numberOf(exit_code) ?? numberOf(objectOf(metadata).exit_code);
  if (code !== undefined && code >= 0) return code > 0;
  return typeof is_error === 'boolean' ? is_error : undefined;
}
