import type { DescriptionFormat, Snapshot, Tool } from './api.ts';
import type { RegistryConfig } from './config.ts';
import type { Figures } from './figures.ts';
import { llmText } from './llm-text.ts';
import { portableSchema } from './portable-schema.ts';
import { purpose } from './purpose.ts';

/** OpenAI refuses longer function descriptions. */
const OPENAI_DESCRIPTION = 1024;

/** The four formats, each made once for a set of tools: a change of health alone makes nothing new. */
export class Descriptions {
  readonly #config: RegistryConfig;
  #of: Snapshot['tools'] | undefined;
  #figures: Figures | undefined;
  readonly #texts = new Map<DescriptionFormat, string>();

  constructor(config: RegistryConfig) {
    this.#config = config;
  }

  text(format: DescriptionFormat, snapshot: Snapshot, figures: Figures): string {
    if (this.#of !== snapshot.tools) {
      this.#of = snapshot.tools;
      this.#texts.clear();
    }
    if (this.#figures !== figures) {
      this.#figures = figures;
      this.#texts.delete('llm');
    }
    const known = this.#texts.get(format);
    if (known !== undefined) return known;
    const made = this.#make(format, snapshot, figures);
    this.#texts.set(format, made);
    return made;
  }

  #make(format: DescriptionFormat, snapshot: Snapshot, figures: Figures): string {
    if (format === 'llm') return llmText(snapshot, this.#config, figures);
    const most = this.#config.text.maxDescription;
    const records = {
      json: seedRecord,
      openai: (tool: Tool) => openai(tool, most),
      anthropic: (tool: Tool) => anthropic(tool, most),
    };
    return JSON.stringify([...snapshot.tools.values()].map(records[format]));
  }
}

const about = (tool: Tool): string => tool.description ?? tool.definition.description ?? '';

const seedRecord = (tool: Tool): object => ({
  tool_id: tool.id,
  name: tool.name,
  title: tool.definition.title ?? tool.definition.annotations?.title,
  description: about(tool),
  capabilities: tool.capabilities,
  parameters: tool.definition.inputSchema,
  examples: tool.examples,
  server: tool.server,
  toolkit: tool.toolkit,
  mcp_name: tool.mcpName,
  output_schema: tool.definition.outputSchema,
  annotations: tool.definition.annotations,
  schema_problem: tool.schemaProblem,
});

const openai = (tool: Tool, most: number): object => ({
  type: 'function',
  function: {
    name: tool.mcpName,
    description: purpose(tool, Math.min(most, OPENAI_DESCRIPTION)),
    parameters: portableSchema(tool.definition.inputSchema),
  },
});

const anthropic = (tool: Tool, most: number): object => ({
  name: tool.mcpName,
  description: purpose(tool, most),
  input_schema: portableSchema(tool.definition.inputSchema),
});
