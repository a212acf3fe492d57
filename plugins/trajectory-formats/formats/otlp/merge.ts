import type { RunCall, RunMessage } from '../../api.ts';
import { canonicalText } from '../../canonical-text.ts';
import type { ModelCall } from './model-call.ts';
import type { ToolSpan } from './tool-call.ts';

type Draft = { -readonly [K in keyof RunMessage]: RunMessage[K] };

/**
 * One conversation out of the spans of a run, given in the order in which they began. Every call of the model repeats what was
 * said before: of its input only what is new is added. What the spans of tools know fills in what messages leave out.
 */
export class MergedConversation {
  readonly #messages: Draft[] = [];
  /** Where something was said, by role and words. */
  readonly #places = new Map<string, number[]>();
  readonly #results = new Map<string, Draft>();
  readonly #calls = new Map<string, { call: RunCall; readonly by: Draft }>();
  /** Ids of calls in order, of which those with a result are left out when they are reached. */
  readonly #waiting: string[] = [];
  readonly #waitingByName = new Map<string, string[]>();
  #unnamed = 0;

  model({ input, output }: ModelCall, at: number): void {
    let place = 0;
    for (const message of input) {
      const found = this.#find(message, place);
      if (found === undefined) {
        this.#add(message, at);
        place = this.#messages.length;
      } else place = Math.max(place, found + 1);
    }
    for (const message of output) if (this.#find(message, place) === undefined) this.#add(message, at);
  }

  tool({ id, tool, args, result, error }: ToolSpan, at: number): void {
    const known = id ?? this.#oldest(this.#waitingByName.get(tool.name));
    const asked = known === undefined ? undefined : this.#calls.get(known);
    const call = asked?.call ?? { id: known ?? `call_${++this.#unnamed}`, tool, args: args ?? {} };
    if (asked === undefined) this.#add({ role: 'assistant', text: '', calls: [call] }, at);
    // The message has the name that the model knows, the span the server.
    else if (tool.server !== undefined) {
      const { by } = asked;
      asked.call = { ...call, tool };
      by.calls = by.calls?.map((one) => (one.id === call.id ? asked.call : one)) ?? [];
    }
    const answer = this.#results.get(call.id);
    if (answer === undefined) this.#add({ role: 'tool', text: result ?? '', answers: call.id, error }, at);
    else answer.error ??= error;
  }

  /** Each result right behind its call, whichever span told of it first. */
  get messages(): readonly RunMessage[] {
    const placed = new Set<Draft>();
    const ordered: RunMessage[] = [];
    for (const message of this.#messages) {
      if (placed.has(message)) continue;
      ordered.push(message);
      for (const { id } of message.calls ?? []) {
        const answer = this.#results.get(id);
        if (answer === undefined || placed.has(answer)) continue;
        placed.add(answer);
        ordered.push(answer);
      }
    }
    return ordered;
  }

  #add({ calls, answers, ...said }: RunMessage, at: number): void {
    const draft: Draft = { ...said, ...(at > 0 && { at }) };
    if (calls !== undefined)
      draft.calls = calls.map((call) => (call.id === '' ? { ...call, id: `call_${++this.#unnamed}` } : call));
    const answered = said.role === 'tool' ? (answers ?? this.#oldest(this.#waiting)) : undefined;
    if (answered !== undefined) {
      draft.answers = answered;
      this.#results.set(answered, draft);
    }
    for (const call of draft.calls ?? []) {
      this.#calls.set(call.id, { call, by: draft });
      this.#waiting.push(call.id);
      listIn(this.#waitingByName, call.tool.name).push(call.id);
    }
    listIn(this.#places, wordsOf(draft)).push(this.#messages.length);
    this.#messages.push(draft);
  }

  /** Where the same was said already, at this place or later; of the result of a call, anywhere. */
  #find(message: RunMessage, from: number): number | undefined {
    if (message.role === 'tool' && message.answers !== undefined) {
      const result = this.#results.get(message.answers);
      // The message has the result as the model saw it; the span may have none.
      if (result !== undefined && result.text === '') result.text = message.text;
      return result === undefined ? undefined : from - 1;
    }
    return this.#places
      .get(wordsOf(message))
      ?.find((place) => place >= from && sameCalls(this.#messages[place]!.calls ?? [], message.calls ?? []));
  }

  #oldest(ids: string[] | undefined): string | undefined {
    while (ids !== undefined && ids.length > 0 && this.#results.has(ids[0]!)) ids.shift();
    return ids?.[0];
  }
}

const wordsOf = ({ role, text }: RunMessage): string => `${role} ${text.trim()}`;

function listIn<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}

/** Ids count where both have them; a call that lost its id is known by what it asks. */
const sameCalls = (calls: readonly RunCall[], others: readonly RunCall[]): boolean =>
  calls.length === others.length &&
  calls.every((call, at) => {
    const asked = others[at]!;
    if (call.id === asked.id) return true;
    return (
      (asked.id === '' || call.id.startsWith('call_')) &&
      call.tool.name === asked.tool.name &&
      canonicalText(call.args) === canonicalText(asked.args)
    );
  });
