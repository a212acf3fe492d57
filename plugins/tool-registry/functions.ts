import { z } from 'zod';
import { fault, type Log, reason } from '#kernel';
import type { FunctionTool, FunctionTools, JsonSchema, ServerSpec, ToolDefinition } from './api.ts';
import { checkGroup, checkTool } from './function-shape.ts';
import { canonicalId } from './naming.ts';
import type { Registry } from './registry.ts';

const OWNER = 'functions';

/** Keeps the registry in step with the function tools that plugins provide right now. */
export class FunctionGroups {
  readonly #groups: ReadonlyMap<string, FunctionTools>;
  readonly #registry: Registry;
  readonly #log: Log;
  readonly #registered = new Set<string>();
  #refused: ReadonlyMap<string, string> = new Map();
  readonly #schemas = new WeakMap<z.ZodObject, JsonSchema>();

  constructor(groups: ReadonlyMap<string, FunctionTools>, registry: Registry, log: Log) {
    this.#groups = groups;
    this.#registry = registry;
    this.#log = log;
  }

  /** Groups and tools that are not listed, and why. */
  get refused(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#refused);
  }

  /** Called after every plugin change: a swapped plugin may bring other tools under the same group. */
  sync(): void {
    const there = new Set<string>();
    const refused = new Map<string, string>();
    for (const [name, group] of this.#groups) {
      const id = canonicalId(name);
      try {
        checkGroup(name, group);
        this.#register(id, name, group, refused);
        there.add(id);
      } catch (error) {
        this.#refuse(refused, id, 'a group of function tools is not listed', error);
      }
    }
    this.#refused = refused;
    for (const id of this.#registered) {
      if (there.has(id)) continue;
      this.#registered.delete(id);
      this.#registry.unregister(id);
    }
  }

  #register(id: string, name: string, group: FunctionTools, refused: Map<string, string>): void {
    const tools = new Map<string, FunctionTool>();
    const definitions: ToolDefinition[] = [];
    for (const [index, tool] of group.tools.entries()) {
      try {
        checkTool(name, index, tool);
        if (tools.has(tool.name)) throw twice(name, tool.name);
        // A definition that cannot be sent as JSON would take every list down with it.
        definitions.push(JSON.parse(JSON.stringify(this.#definition(tool))) as ToolDefinition);
        tools.set(tool.name, isZod(tool.parameters) ? parsing(tool, tool.parameters) : tool);
      } catch (error) {
        const key = `${id}/${(tool as Partial<FunctionTool> | undefined)?.name ?? index + 1}`;
        this.#refuse(refused, key, 'a function tool is not listed', error);
      }
    }
    this.#registry.registerFunctions(functionServer(id, name, group), [...tools.values()], definitions);
    this.#registered.add(id);
  }

  /** Told once, and again when the reason is another one. */
  #refuse(refused: Map<string, string>, key: string, sentence: string, error: unknown): void {
    const why = reason(error);
    if (this.#refused.get(key) !== why) this.#log.error(sentence, { name: key, reason: why });
    refused.set(key, why);
  }

  #definition(tool: FunctionTool): ToolDefinition {
    return {
      name: tool.name,
      ...(tool.title !== undefined && { title: tool.title }),
      description: tool.description,
      inputSchema: isZod(tool.parameters) ? this.#jsonSchema(tool.parameters) : tool.parameters,
      ...(tool.annotations && { annotations: tool.annotations }),
    };
  }

  #jsonSchema(parameters: z.ZodObject): JsonSchema {
    const known = this.#schemas.get(parameters);
    if (known) return known;
    const { $schema: _dialect, ...schema } = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
    this.#schemas.set(parameters, schema);
    return schema;
  }
}

const isZod = (parameters: FunctionTool['parameters']): parameters is z.ZodObject => '_zod' in parameters;

/** Fills in defaults, and holds what JSON Schema cannot say (refinements, transforms). */
function parsing(tool: FunctionTool, schema: z.ZodObject): FunctionTool {
  return {
    ...tool,
    run(parameters, context) {
      const parsed = schema.safeParse(parameters);
      if (parsed.success) return tool.run(parsed.data, context);
      const problems = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`);
      throw fault('ARGUMENTS_INVALID', `the arguments do not fit "${tool.name}": ${problems.join('; ')}`, {
        kind: 'invalid',
      });
    },
  };
}

const twice = (group: string, tool: string): Error =>
  fault('FUNCTION_TOOLS_INVALID', `tool "${tool}" of the group "${group}" is there twice, the first one is kept`, {
    kind: 'invalid',
  });

function functionServer(id: string, name: string, group: FunctionTools): ServerSpec {
  return {
    id,
    ...(group.title !== undefined && { title: group.title }),
    ...(group.description !== undefined && { description: group.description }),
    ...(group.toolkit !== undefined && { toolkit: group.toolkit }),
    launches: [{ kind: 'functions', provider: name }],
    start: 'lazy',
    connection: 'shared',
    pool: { warm: 0, max: 1 },
    protocol: 'auto',
    timeouts: { connectMs: 10_000, callMs: 60_000, idleMs: 0 },
    owner: OWNER,
  };
}
