import type { Server, Tool } from '#plugins/tool-registry/api';
import type { CatalogDocument } from './api.ts';
import type { Searched } from './lexical.ts';

export const searchedTool = (tool: Tool, server: Server | undefined): Searched => ({
  name: tool.name,
  title: tool.definition.title ?? '',
  description: [tool.description, tool.definition.description].filter(Boolean).join(' '),
  tags: [tool.toolkit ?? '', ...tool.capabilities].join(' '),
  server: `${tool.server} ${server?.spec.title ?? ''}`,
  parameters: parameterText(tool.definition.inputSchema?.properties),
  tools: '',
});

export const searchedServer = (server: Server): Searched => ({
  name: server.id,
  title: server.spec.title ?? server.info.name ?? '',
  description: [server.spec.description, server.info.instructions].filter(Boolean).join(' '),
  tags: [server.spec.toolkit ?? '', ...(server.spec.capabilities ?? [])].join(' '),
  server: '',
  parameters: '',
  tools: server.tools.map(({ name, definition }) => `${name} ${definition.description ?? ''}`).join(' '),
});

export const searchedDocument = (document: CatalogDocument): Searched => ({
  name: document.name,
  title: document.title ?? '',
  description: [document.description, textOf(document.description_long)].filter(Boolean).join(' '),
  tags: [...(document.tags ?? []), document.category ?? ''].join(' '),
  server: [document.server, document.server_title, document.server_description].filter(Boolean).join(' '),
  parameters: parameterText(document.params),
  tools: (document.tools ?? []).map(({ name, description = '' }) => `${name} ${description}`).join(' '),
});

/** Names and descriptions of parameters, whatever shape they come in: a list of texts, a list of objects, JSON Schema. */
export function parameterText(parameters: unknown): string {
  if (typeof parameters === 'string') return parameters;
  if (Array.isArray(parameters)) return parameters.map(parameterText).join(' ');
  if (typeof parameters !== 'object' || parameters === null) return '';
  const { name, description } = parameters as { name?: unknown; description?: unknown };
  if (typeof name === 'string') return `${name} ${textOf(description)}`;
  return Object.entries(parameters)
    .map(([key, value]) => `${key} ${textOf((value as { description?: unknown } | null)?.description)}`)
    .join(' ');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
