import type { Snapshot, Tool } from './api.ts';
import { cleanLine } from './clean-text.ts';
import type { RegistryConfig } from './config.ts';
import { type Figures, figuresText } from './figures.ts';
import { purpose } from './purpose.ts';
import { isObject } from './schema-check.ts';
import { limits, literal, resolveLocal, shape } from './shape.ts';

const OTHER = 'other';
const MAX_PARAMETERS = 60;

/**
 * The tools as text for a prompt, by toolkit. What servers say is indented and cleaned, so that a description can
 * neither hide text nor pass for a heading of ours.
 */
export function llmText(snapshot: Snapshot, config: RegistryConfig, figures: Figures): string {
  if (snapshot.tools.size === 0) return 'No tools are available.\n';
  const toolkits = new Map<string, Tool[]>();
  for (const tool of snapshot.tools.values()) {
    const name = tool.toolkit ?? OTHER;
    const members = toolkits.get(name);
    if (members) members.push(tool);
    else toolkits.set(name, [tool]);
  }
  const order = [...toolkits.keys()].sort((a, b) => (a === OTHER ? 1 : b === OTHER ? -1 : a < b ? -1 : 1));
  const parts = [`${snapshot.tools.size} tools. Call one by its id with an object of its parameters.`];
  for (const name of order) {
    const about = cleanLine(config.toolkits[name]?.description, config.text.maxDescription);
    parts.push(`## Toolkit: ${cleanLine(name, 80)}${about === '' ? '' : `\n${about}`}`);
    for (const tool of toolkits.get(name)!) parts.push(toolText(tool, config, figures));
  }
  return `${parts.join('\n\n')}\n`;
}

export function toolText(tool: Tool, { text }: RegistryConfig, figures: Figures): string {
  const lines = [`### ${cleanLine(tool.id, 200)}`];
  const title = cleanLine(tool.definition.title ?? tool.definition.annotations?.title, 120);
  const about = purpose(tool, text.maxDescription) || title;
  if (about !== '') lines.push(indent(about));
  if (tool.capabilities.length > 0)
    lines.push(`  Use it for: ${cleanLine(tool.capabilities.join(', '), text.maxParameter)}`);
  lines.push(...parameterLines(tool, text.maxParameter));
  for (const example of tool.examples.slice(0, text.maxExamples)) {
    const about = cleanLine(example.description, text.maxParameter);
    lines.push(`  Example${about === '' ? '' : ` (${about})`}: ${cleanLine(literal(example.parameters, 600), 640)}`);
  }
  const notes = sideEffects(tool);
  if (notes !== '') lines.push(`  Note: ${notes}`);
  const uses = figures.get(tool.id);
  if (uses !== undefined) lines.push(`  Uses: ${figuresText(uses)}`);
  if (tool.learnt?.scenarios) lines.push(`  Does well in: ${tool.learnt.scenarios.join(', ')}`);
  return lines.join('\n');
}

function parameterLines(tool: Tool, maxText: number): string[] {
  const schema = tool.definition.inputSchema;
  const { properties, required } = isObject(schema) ? schema : {};
  if (!isObject(properties) || Object.keys(properties).length === 0) {
    const form = isObject(schema) ? shape(schema) : 'object';
    return [
      form === 'object' || form === 'any value' ? '  No parameters.' : `  Parameters: ${cleanLine(form, maxText)}`,
    ];
  }
  const needed = new Set(Array.isArray(required) ? required : []);
  const entries = Object.entries(properties);
  // What must be sent first: a reader who stops early has seen it.
  entries.sort(([a], [b]) => Number(needed.has(b)) - Number(needed.has(a)));
  const lines = entries.slice(0, MAX_PARAMETERS).map(([name, value]) => {
    const resolved = resolveLocal(value, schema);
    const one = isObject(resolved) ? resolved : {};
    const about = cleanLine(one.description ?? (isObject(value) ? value.description : ''), maxText);
    const marks = [cleanLine(shape(value, schema), 200), needed.has(name) ? 'required' : ''];
    if (one.default !== undefined) marks.push(`default ${literal(one.default)}`);
    const given = marks.filter((mark) => mark !== '').join(', ');
    return `  - ${cleanLine(name, 80)} (${cleanLine(given, 320)})${about === '' ? '' : `: ${about}`}`;
  });
  const left = entries.length - lines.length;
  return [
    '  Parameters:',
    ...lines,
    ...(left > 0 ? [`  - and ${left} more, all in the tool's detail`] : []),
    ...extra(schema),
  ];
}

const extra = (schema: Record<string, unknown>): string[] => {
  const { minProperties, maxProperties } = schema;
  const text = limits({ minItems: minProperties, maxItems: maxProperties }).replaceAll('items', 'parameters');
  return text === '' ? [] : [`  Send${text}.`];
};

/** From the annotations; a server that says nothing promises nothing, so nothing is said either. */
function sideEffects({ definition: { annotations } }: Tool): string {
  if (!isObject(annotations)) return '';
  const notes: string[] = [];
  if (annotations.readOnlyHint === true) notes.push('changes nothing');
  else if (annotations.destructiveHint === true) notes.push('may delete or overwrite');
  else if (annotations.readOnlyHint === false || annotations.destructiveHint === false) notes.push('makes changes');
  if (annotations.readOnlyHint !== true && annotations.idempotentHint === true) notes.push('safe to repeat');
  if (annotations.openWorldHint === true) notes.push('reaches systems outside');
  return notes.join('; ');
}

const indent = (text: string): string => `  ${text.replaceAll('\n', '\n  ')}`;
