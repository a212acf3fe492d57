import { isDeepStrictEqual } from 'node:util';
import type { Log } from '#kernel';
import type { Server, ServerSpec, Tool, ToolDefinition } from './api.ts';
import { cleanText } from './clean-text.ts';
import type { ToolExtras, ToolRecords } from './tool-record.ts';

/** How many tools a warning names, and how much is said of each. */
const LOGGED = 3;
const LOGGED_TEXT = 300;

/** Makes the tools of one server of what it lists; what is odd in a list is told once. */
export class ToolListing {
  readonly #records: ToolRecords;
  readonly #log: Log;

  constructor(records: ToolRecords, log: Log) {
    this.#records = records;
    this.#log = log;
  }

  /** Records for these definitions; one whose definition did not change stays the same object. */
  read(
    spec: ServerSpec,
    definitions: readonly ToolDefinition[],
    before: Server | undefined,
    extras?: ReadonlyMap<string, ToolExtras>,
  ): readonly Tool[] {
    const old = new Map(before?.tools.map((tool) => [tool.name, tool]));
    const made = new Map<string, Tool>();
    const nameless: string[] = [];
    const twice: string[] = [];
    const unchecked: Tool[] = [];
    for (const definition of definitions) {
      const name: unknown = definition?.name;
      if (typeof name !== 'string' || name === '') nameless.push(String(name ?? ''));
      else if (made.has(name)) twice.push(name);
      else {
        const tool = this.#record(spec, definition, extras?.get(name), old.get(name));
        if (tool.schemaProblem !== undefined && tool !== old.get(name)) unchecked.push(tool);
        made.set(name, tool);
      }
    }
    this.#warnOf('tools have no name', spec, nameless);
    this.#warnOf('tools are there twice, the first ones are kept', spec, twice);
    const problems = unchecked.map(({ id, schemaProblem }) => `${id}: ${schemaProblem}`);
    this.#warnOf('tools have an invalid schema; their calls are not checked', spec, problems);
    return [...made.values()];
  }

  /** The record of one tool anew: what is added to it has changed. */
  again(spec: ServerSpec, tool: Tool, extras: ToolExtras | undefined): Tool {
    const next = this.#record(spec, tool.definition, extras, tool);
    const { schemaProblem } = tool;
    return next === tool || schemaProblem === undefined ? next : Object.freeze({ ...next, schemaProblem });
  }

  /** One line a listing: a server may bring thousands. */
  #warnOf(sentence: string, spec: ServerSpec, found: readonly string[]): void {
    if (found.length === 0) return;
    const tools = found.slice(0, LOGGED).map((text) => cleanText(text, LOGGED_TEXT));
    this.#log.warn(sentence, { server: spec.id, count: found.length, tools });
  }

  #record(spec: ServerSpec, definition: ToolDefinition, extras: ToolExtras | undefined, old: Tool | undefined): Tool {
    const next = this.#records.make(spec, definition, extras);
    if (!old) return next;
    const { schemaProblem: compiled, ...rest } = old;
    const { schemaProblem: found, ...fresh } = next;
    return (found === undefined || found === compiled) && isDeepStrictEqual(rest, fresh) ? old : next;
  }
}
