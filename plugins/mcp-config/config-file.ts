import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fault, type Health, isFault, type Log, reason } from '#kernel';
import type { ServerSpec, ToolRegistry } from '#plugins/tool-registry/api';
import type { McpConfig, McpConfigState, RefusedEntry } from './api.ts';
import type { McpConfigOptions } from './config.ts';
import { JsonDocument } from './document.ts';
import { parseEntry } from './entry.ts';
import { type FileEntries, readEntries } from './file-entries.ts';

/** Applies the file to the registry, as often as it changes: only servers whose entry changed are touched. */
export class ConfigFile implements McpConfig {
  readonly #options: McpConfigOptions;
  readonly #registry: ToolRegistry;
  readonly #log: Log;
  readonly #workspace = process.cwd();
  readonly path: string;
  /** Registry id of each server that this file brought. */
  #brought = new Set<string>();
  /** The same by the spelling of their names in the file. */
  #idOf = new Map<string, string>();
  #hash: string | undefined;
  #saidMissing = false;
  #state: Omit<McpConfigState, 'file' | 'servers'> = {
    found: false,
    appliedAt: undefined,
    disabled: [],
    refused: [],
    error: undefined,
  };

  constructor(options: McpConfigOptions, registry: ToolRegistry, log: Log) {
    this.#options = options;
    this.#registry = registry;
    this.#log = log;
    this.path = path.resolve(options.file);
  }

  get state(): McpConfigState {
    return { file: this.#options.file, servers: [...this.#brought], ...this.#state };
  }

  get brought(): ReadonlySet<string> {
    return this.#brought;
  }

  health(): Health {
    const { refused, error, found } = this.#state;
    return {
      // A refused entry costs itself alone: the rest serves, and nobody shall take this server out of service for it.
      ok: error === undefined,
      detail: {
        file: this.#options.file,
        found,
        servers: this.#brought.size,
        ...(refused.length > 0 && {
          degraded: true,
          refused: Object.fromEntries(refused.map((one) => [one.id, one.reason])),
        }),
        ...(error !== undefined && { error }),
      },
    };
  }

  parseEntry(id: string, entry: unknown, owner: string): ServerSpec {
    const { spec, problems, disabled } = parseEntry(id, entry, owner, this.#options.defaults, this.#workspace);
    if (spec) return spec;
    const text = problems.map(({ path, problem, hint }) => {
      const where = path.length === 0 ? '' : `${path.join('.')}: `;
      return `${where}${problem}${hint ? ` (${hint})` : ''}`;
    });
    throw fault(
      'SERVER_ENTRY_INVALID',
      disabled ? `the entry of "${id}" is disabled` : `the entry of "${id}" is wrong: ${text.join('; ')}`,
      {
        kind: 'invalid',
        hint: 'send { "command": "...", "args": [], "env": {} } or { "url": "...", "headers": {} }',
        data: { problems },
      },
    );
  }

  /** Reads the file and applies it, if it is another one than last time. Never throws. */
  async load(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      this.#unreadable(error as NodeJS.ErrnoException);
      return;
    }
    const hash = createHash('sha256').update(text).digest('hex');
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.#saidMissing = false;
    try {
      const document = new JsonDocument(this.#options.file, text, await import('jsonc-parser'));
      this.#apply(
        readEntries(document, spelling, this.#options.defaults, { env: process.env, workspace: this.#workspace }),
      );
    } catch (error) {
      const why = reason(error) + (isFault(error) && error.hint ? ` (${error.hint})` : '');
      this.#state = { ...this.#state, found: true, error: why };
      this.#log.error(`MCP_CONFIG_BROKEN: ${why}`, { servers: this.#brought.size });
    }
  }

  /** Takes back what the file brought. */
  withdraw(): void {
    for (const id of this.#brought) this.#registry.unregister(id);
    this.#brought = new Set();
    this.#idOf = new Map();
  }

  #unreadable(error: NodeJS.ErrnoException): void {
    this.#hash = undefined;
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
      const why = `${this.#options.file} cannot be read: ${reason(error)}`;
      if (this.#state.error !== why) this.#log.error(`MCP_CONFIG_BROKEN: ${why}`);
      this.#state = { ...this.#state, found: true, error: why };
      return;
    }
    if (this.#saidMissing) return;
    this.#saidMissing = true;
    this.#log.info('No file of MCP servers; it is read when it appears.', { file: this.path });
    this.#apply({ servers: new Map(), disabled: [], refused: [], notes: [] }, false);
  }

  #apply(entries: FileEntries, found = true): void {
    const before = this.#brought;
    const idBefore = this.#idOf;
    const refused: RefusedEntry[] = [...entries.refused];
    this.#brought = new Set();
    this.#idOf = new Map();
    const bring = (name: string, id: string): void => {
      this.#brought.add(id);
      this.#idOf.set(spelling(name), id);
    };
    for (const [name, spec] of entries.servers) {
      try {
        this.#registry.register(spec);
        bring(name, this.#registry.server(name).id);
      } catch (error) {
        const hint = isFault(error) && error.hint ? ` (${error.hint})` : '';
        refused.push({
          id: name,
          code: isFault(error) ? error.code : 'SERVER_ENTRY_INVALID',
          reason: `${this.#options.file} ${reason(error)}${hint}`,
        });
      }
    }
    // What runs goes on by its last good entry, as with a file that is broken as a whole.
    const kept = new Set<string>();
    for (const { id: name } of refused) {
      const id = idBefore.get(spelling(name));
      if (id === undefined || this.#brought.has(id)) continue;
      bring(name, id);
      kept.add(name);
    }
    for (const id of before) if (!this.#brought.has(id)) this.#registry.unregister(id);
    this.#state = { found, appliedAt: Date.now(), disabled: entries.disabled, refused, error: undefined };
    for (const { level, text } of entries.notes) this.#log[level](text);
    for (const one of refused) {
      const outcome = kept.has(one.id) ? 'goes on by its last good entry' : 'is left out';
      this.#log.error(`${one.code}: server "${one.id}" ${outcome}: ${one.reason}`);
    }
    if (found)
      this.#log.info('MCP servers applied.', {
        file: this.#options.file,
        servers: this.#brought.size,
        disabled: entries.disabled.length,
        refused: refused.length,
      });
  }
}

/** Ids that differ in case and separators only are one id. */
const spelling = (id: string): string => id.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
