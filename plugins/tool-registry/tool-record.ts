import type { Learnt, ServerSpec, Tool, ToolDefinition, ToolExample } from './api.ts';
import type { RegistryConfig } from './config.ts';
import { mcpName } from './naming.ts';
import { schemaProblem } from './schema-check.ts';

/** What function tools bring besides their definition. */
export interface ToolExtras {
  readonly capabilities?: readonly string[];
  readonly examples?: readonly ToolExample[];
}

/** Makes the records that the registry lists, with what the configuration adds to single tools and toolkits. */
export class ToolRecords {
  readonly #config: RegistryConfig;
  readonly #learnt: ReadonlyMap<string, Learnt>;
  /** Tool id or server id to toolkit. */
  readonly #toolkits = new Map<string, string>();

  constructor(config: RegistryConfig, learnt: ReadonlyMap<string, Learnt>) {
    this.#config = config;
    this.#learnt = learnt;
    for (const [toolkit, { tools }] of Object.entries(config.toolkits))
      for (const id of tools) this.#toolkits.set(id, toolkit);
  }

  make(spec: ServerSpec, definition: ToolDefinition, extras: ToolExtras = {}): Tool {
    const id = `${spec.id}/${definition.name}`;
    const added = this.#config.tools[id];
    const learnt = this.#learnt.get(id);
    const description = withNotes(added?.description, definition.description, learnt?.notes);
    const problem = schemaProblem(definition.inputSchema, this.#config.schemas);
    return Object.freeze({
      id,
      server: spec.id,
      name: definition.name,
      mcpName: mcpName(spec.id, definition.name),
      definition,
      toolkit:
        added?.toolkit ?? this.#toolkits.get(id) ?? this.#toolkits.get(spec.id) ?? learnt?.toolkit ?? spec.toolkit,
      capabilities: merged(spec.capabilities, extras.capabilities, added?.capabilities),
      examples: [...(extras.examples ?? []), ...ownExamples(definition), ...((added?.examples ?? []) as ToolExample[])],
      ...(description !== undefined && { description }),
      ...(learnt && { learnt }),
      ...(problem !== undefined && { schemaProblem: problem }),
    });
  }
}

const merged = (...lists: (readonly string[] | undefined)[]): readonly string[] => [
  ...new Set(lists.flatMap((list) => list ?? [])),
];

/** JSON Schema's own place for examples: a list of whole argument objects. */
function ownExamples(definition: ToolDefinition): ToolExample[] {
  const examples = definition.inputSchema?.examples;
  if (!Array.isArray(examples)) return [];
  return examples
    .filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    .map((parameters) => ({ parameters }));
}

function withNotes(configured: string | undefined, own: string | undefined, notes: string | undefined) {
  if (notes === undefined) return configured;
  const said = configured ?? own;
  return said === undefined || said === '' ? notes : `${said}\n${notes}`;
}
