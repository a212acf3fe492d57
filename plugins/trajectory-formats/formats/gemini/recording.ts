import { isObject, type JsonObject, listOf, textOf } from '../reading/members.ts';
import { callsIn, partsOf, wordsIn } from './parts.ts';

/**
 * A session as Gemini CLI's ChatRecordingService keeps it: one object, or lines that change it. What was said stays, also when
 * the program takes it out of the model's sight (compaction); what the user took back goes.
 */
export class Recording {
  /** Members of the session besides its messages. */
  about: JsonObject = {};
  readonly #messages = new Map<string, JsonObject>();
  /** Compaction gives what it keeps new ids. */
  readonly #renamed = new Map<string, string>();

  constructor(lines: readonly unknown[]) {
    for (const line of lines) if (isObject(line)) this.#take(line);
  }

  get messages(): readonly JsonObject[] {
    return [...this.#messages.values()];
  }

  #take(line: JsonObject): void {
    const { $rewindTo, $set } = line;
    if (typeof $rewindTo === 'string') this.#takeBack($rewindTo);
    else if (isObject($set)) this.#update($set);
    else if (typeof line.id === 'string') this.#put(line.id, line);
    else if (typeof line.sessionId === 'string') this.#update(line);
  }

  #update({ messages, ...about }: JsonObject): void {
    this.about = { ...this.about, ...about };
    const sight = listOf(messages).filter(isObject);
    if (sight.length > 0) this.#see(sight);
  }

  /** All that the model sees from here on. Results that were shortened or masked for it stay as they came. */
  #see(sight: readonly JsonObject[]): void {
    const named = sight.map((message, n) => [this.#idOf(textOf(message.id) ?? `message ${n}`), message] as const);
    const kept = new Set(named.map(([id]) => id));
    /** Ids of those that are out of sight, by what they say; the oldest first. */
    const gone = new Map<string, string[]>();
    const isRenamed = named.some(([id]) => !this.#messages.has(id));
    for (const [id, message] of isRenamed ? this.#messages : [])
      if (!kept.has(id)) {
        const said = fingerprint(message);
        if (said === undefined) continue;
        const same = gone.get(said);
        if (same === undefined) gone.set(said, [id]);
        else same.push(id);
      }
    for (const [id, message] of named) {
      const earlier = this.#messages.get(id);
      const twin = earlier === undefined ? gone.get(fingerprint(message) ?? '')?.shift() : undefined;
      if (twin === undefined) this.#put(id, withResultsOf(earlier, message));
      else this.#renamed.set(id, twin);
    }
  }

  /** A later copy of a message stands where the first one stood. */
  #put(id: string, message: JsonObject): void {
    const known = this.#idOf(id);
    this.#messages.set(known, { ...this.#messages.get(known), ...message });
  }

  #takeBack(id: string): void {
    const ids = [...this.#messages.keys()];
    const from = ids.indexOf(this.#idOf(id));
    if (from !== -1) for (const later of ids.slice(from)) this.#messages.delete(later);
  }

  #idOf(id: string): string {
    return this.#renamed.get(id) ?? id;
  }
}

/** Of messages that have nothing but results, none: those are told apart by their calls. */
function fingerprint({ type, content, toolCalls }: JsonObject): string | undefined {
  const parts = partsOf(content);
  const words = wordsIn(parts);
  const listed = listOf(toolCalls).filter(isObject);
  const calls = (listed.length > 0 ? listed : callsIn(parts)).map(({ name }) => name);
  return words === '' && calls.length === 0 ? undefined : JSON.stringify([type, words, calls]);
}

function withResultsOf(earlier: JsonObject | undefined, message: JsonObject): JsonObject {
  const before = listOf(earlier?.toolCalls).filter(isObject);
  if (before.length === 0 || !Array.isArray(message.toolCalls)) return message;
  const toolCalls = message.toolCalls.map((call: unknown) => {
    const same = isObject(call) ? before.find(({ id, result }) => id === call.id && hasResult(result)) : undefined;
    return same === undefined ? call : { ...(call as JsonObject), result: same.result };
  });
  return { ...message, toolCalls };
}

const hasResult = (result: unknown): boolean => (Array.isArray(result) ? result.length > 0 : Boolean(result));
