import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Skill, SkillSource } from '@modelcontextprotocol/server/ext/skills';
import { type Log, reason, type Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { SkillSummary } from './api.ts';
import type { SkillLibrary } from './library.ts';

const BASE = 'skill://';
const BODY_BYTES = 1_048_576;

/**
 * What is offered, as an MCP server of its own with the Skills extension (SEP-2640), for clients that bring their own agent.
 * Skills that are usable but break its rules are left out. The SDK is loaded when the first client comes.
 */
export function serveMcp(http: HttpServer, owner: Owner, library: SkillLibrary, log: Log): Undo[] {
  const source = new OfferedSkills(library, log);
  let opening: Promise<{ handler: McpHttpHandler; serve: Serve }> | undefined;
  const open = async () => {
    const [{ createMcpHandler, McpServer }, { SkillsExtension }, { toNodeHandler }] = await Promise.all([
      import('@modelcontextprotocol/server'),
      import('@modelcontextprotocol/server/ext/skills'),
      import('@modelcontextprotocol/node'),
    ]);
    const extension = new SkillsExtension({
      source,
      baseUri: BASE,
      onWarning: ({ path, message }) => log.debug('A skill is not served over MCP as it is.', { path, message }),
    });
    const handler = createMcpHandler(
      () => {
        const server = new McpServer({ name: 'datapresso-skills', version: '1' });
        extension.attach(server);
        return server;
      },
      { maxRequestBodySize: BODY_BYTES },
    );
    return { handler, serve: toNodeHandler(handler, { maxRequestBodySize: BODY_BYTES }) };
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined; // for the next client to try again
      throw error;
    });
    await (await opening).serve(request as NodeIncomingMessageLike, response);
  };
  const summary = 'Skills as an MCP server with the Skills extension.';
  return [
    async () => void (await (await opening)?.handler.close()),
    library.onChange(
      () =>
        void opening?.then(
          ({ handler }) => handler.notify.resourcesChanged(),
          () => {},
        ),
    ),
    http.raw(
      '/mcp/skills',
      { methods: ['GET', 'POST', 'DELETE'], scope: 'tools:read', owner, summary, tag: 'skills' },
      serve,
    ),
  ];
}
type Serve = (request: NodeIncomingMessageLike, response: ServerResponse) => Promise<void>;

class OfferedSkills implements SkillSource {
  readonly #library: SkillLibrary;
  readonly #log: Log;
  /** By hash; undefined for what cannot be served. */
  readonly #entries = new Map<string, Skill | undefined>();

  constructor(library: SkillLibrary, log: Log) {
    this.#library = library;
    this.#log = log;
  }

  async list(): Promise<{ skills: Skill[] }> {
    const { catalog } = this.#library;
    const hashes = new Set(catalog.map(({ hash }) => hash));
    for (const hash of this.#entries.keys()) if (!hashes.has(hash)) this.#entries.delete(hash);
    const skills: Skill[] = [];
    for (const summary of catalog) {
      const entry = await this.#entry(summary);
      if (entry !== undefined) skills.push(entry);
    }
    return { skills };
  }

  async get(uri: string): Promise<Skill | undefined> {
    const place = placeOf(uri);
    const summary = place && this.#library.catalog.find(({ name }) => name === place.name);
    return place?.file === 'SKILL.md' && summary ? this.#entry(summary) : undefined;
  }

  async read(uri: string): Promise<{ bytes: Uint8Array } | { text: string } | undefined> {
    const place = placeOf(uri);
    if (place === undefined || !this.#library.catalog.some(({ name }) => name === place.name)) return undefined;
    const bytes = await this.#library.bytes(place.name, place.file).catch(() => undefined);
    if (bytes === undefined) return undefined;
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { text };
    } catch {
      return { bytes };
    }
  }

  async #entry({ name, hash }: SkillSummary): Promise<Skill | undefined> {
    if (this.#entries.has(hash)) return this.#entries.get(hash);
    const { skillEntry } = await import('@modelcontextprotocol/server/ext/skills');
    let entry: Skill | undefined;
    try {
      const files: Record<string, Uint8Array> = {};
      for (const file of this.#library.filesOf(name)) files[file] = await this.#library.bytes(name, file);
      entry = await skillEntry(name, files, { baseUri: BASE });
    } catch (error) {
      this.#log.debug('A skill is not served over MCP.', { skill: name, reason: reason(error) });
    }
    this.#entries.set(hash, entry);
    return entry;
  }
}

/** Looked up by both, never joined to a path. */
function placeOf(uri: string): { name: string; file: string } | undefined {
  if (!uri.startsWith(BASE)) return undefined;
  try {
    const [name = '', ...steps] = uri.slice(BASE.length).split('/').map(decodeURIComponent);
    return { name, file: steps.join('/') };
  } catch {
    return undefined;
  }
}
