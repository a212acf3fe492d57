import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { fault, type Log, nearest, reason } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { SkillContent, SkillDiagnostic, SkillMatch, SkillSummary, Skills } from './api.ts';
import { type Catalog, type Entry, keyOf } from './catalog.ts';
import type { SkillsConfig } from './config.ts';
import { wrapped } from './format/wrap.ts';
import { Installer } from './install/installer.ts';
import { Matcher, type Vectors } from './match/matcher.ts';
import { isInside, readRegular } from './scan/files.ts';
import { Shelf } from './shelf.ts';
import { TrustFile } from './trust.ts';

export interface LibraryState {
  readonly version: number;
  readonly listeners: Set<(version: number) => void>;
  readonly vectors: Vectors;
}

export class SkillLibrary implements Skills {
  readonly #config: SkillsConfig;
  readonly #log: Log;
  readonly #trust: TrustFile;
  readonly #shelf: Shelf;
  readonly #installer: Installer;
  readonly #matcher: Matcher;
  #listeners = new Set<(version: number) => void>();
  #version = 0;
  #content = '';

  constructor(config: SkillsConfig, llm: Llm | undefined, log: Log, signal: AbortSignal) {
    this.#config = config;
    this.#log = log;
    this.#trust = new TrustFile(config.dir, log);
    this.#shelf = new Shelf(config, this.#trust, log, (catalog) => this.#replaced(catalog));
    this.#installer = new Installer(config, log, signal);
    this.#matcher = new Matcher(config.match, llm, log);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#trust.load();
    await this.#installer.clean();
    await this.#shelf.start(signal);
  }
  stop(): Promise<void> {
    return this.#shelf.stop();
  }

  get version(): number {
    return this.#version;
  }
  get catalog(): readonly SkillSummary[] {
    return this.#shelf.catalog.offered;
  }
  get diagnostics(): readonly SkillDiagnostic[] {
    return this.#shelf.catalog.diagnostics;
  }
  /** With those that wait to be trusted. */
  get all(): readonly SkillSummary[] {
    return this.#shelf.catalog.entries.map(({ summary }) => summary);
  }

  /** Whether it is trusted or not. */
  named(name: string): SkillSummary {
    const entry = this.#shelf.catalog.byName.get(keyOf(name));
    if (entry === undefined) throw this.#unknown(name);
    return entry.summary;
  }

  match(task: string, k = 5, signal?: AbortSignal): Promise<readonly SkillMatch[]> {
    return this.#matcher.match(this.catalog, task, k, signal);
  }

  async load(name: string): Promise<SkillContent> {
    const { summary, skill } = this.#trusted(name);
    const files = this.filesOf(name).slice(0, this.#config.limits.listed);
    return { ...summary, text: wrapped(summary.name, skill.body), files };
  }

  /** All that `read` knows. */
  filesOf(name: string): readonly string[] {
    return [...this.#trusted(name).skill.files].filter(([, { isShown }]) => isShown).map(([file]) => file);
  }

  async read(name: string, file: string): Promise<string> {
    return decoded(file, await this.bytes(name, file));
  }

  /** What `read` decodes. */
  async bytes(name: string, file: string): Promise<Buffer> {
    const { summary, skill, reading, isPinned } = this.#trusted(name);
    // Names are looked up, never joined to a path: what is not in the list is not there.
    const known = skill.files.get(file.replace(/^\.\//, ''));
    if (known === undefined || !known.isShown) throw unknownFile(summary.name, file, skill.files.keys());
    const real = await realpath(known.real).catch((error: unknown) => {
      throw fault('SKILL_FILE_UNKNOWN', `"${file}" of "${name}" is gone: ${reason(error)}`, { kind: 'not_found' });
    });
    if (!isInside(reading.real, real)) throw outside(name, file);
    const most = this.#config.limits.readKb * 1_024;
    const bytes = await readRegular(real, most);
    if (bytes === undefined)
      throw fault('SKILL_FILE_TOO_LARGE', `"${file}" of "${name}" is larger than ${most / 1_024} KiB`, {
        kind: 'too_large',
        hint: 'limits.readKb allows more',
      });
    if (isPinned && createHash('sha256').update(bytes).digest('hex') !== known.sha256) throw changed(summary.name);
    return bytes;
  }

  async install(
    source: string,
    options: { readonly trust?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<SkillSummary> {
    const isTaken = (name: string): boolean => this.#shelf.catalog.byName.get(keyOf(name))?.summary.trusted === true;
    const installed = await this.#installer.install(source, isTaken, options.signal);
    if (options.trust) await this.#trust.set(installed.real, installed.hash);
    await this.#shelf.look(installed.folder);
    const entry = this.#shelf.catalog.entries.find(({ reading }) => reading.folder === installed.folder);
    if (entry === undefined)
      throw fault('SKILL_INVALID', `"${installed.name}" was installed, but cannot be read`, { kind: 'internal' });
    this.#log.info('Skill installed.', { skill: installed.name, hash: installed.hash, trusted: entry.summary.trusted });
    return entry.summary;
  }

  async remove(name: string): Promise<void> {
    const named = this.#named(name);
    const entry = named.find(({ summary }) => summary.scope === 'installed');
    if (entry === undefined) {
      if (named.length === 0) throw this.#unknown(name);
      throw fault('SKILL_NOT_INSTALLED', `"${name}" is a skill of the ${named[0]!.summary.scope}`, {
        kind: 'conflict',
        hint: 'only what was installed is removed; delete its folder yourself',
      });
    }
    await this.#installer.remove(entry.reading.folder);
    await this.#trust.set(entry.reading.real, undefined);
    await this.#shelf.look(entry.reading.folder);
    this.#log.info('Skill removed.', { skill: name });
  }

  /** `hash`: of the content that was looked at; another one is not trusted. */
  async trust(name: string, hash?: string): Promise<void> {
    const named = this.#named(name);
    if (named.length === 0) throw this.#unknown(name);
    const entry = named.find(({ summary }) => !summary.trusted) ?? named[0]!;
    if (hash !== undefined && hash !== entry.summary.hash) throw changed(entry.summary.name);
    if (!entry.isPinned) return;
    await this.#trust.set(entry.reading.real, entry.summary.hash);
    this.#shelf.rebuild();
    this.#log.info('Skill trusted.', { skill: entry.summary.name, hash: entry.summary.hash });
  }

  onChange(listener: (version: number) => void): () => void {
    const own = (version: number): void => listener(version);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  handOver(): LibraryState {
    return { version: this.#version, listeners: this.#listeners, vectors: this.#matcher.vectors };
  }
  takeOver({ version, listeners, vectors }: LibraryState): void {
    this.#version = version;
    this.#listeners = listeners;
    this.#matcher.vectors = vectors;
  }

  #named(name: string): readonly Entry[] {
    const key = keyOf(name);
    return this.#shelf.catalog.entries.filter(({ summary }) => keyOf(summary.name) === key);
  }

  #trusted(name: string): Entry {
    const entry = this.#shelf.catalog.byName.get(keyOf(name));
    if (entry === undefined) throw this.#unknown(name);
    if (entry.isChanged) throw changed(entry.summary.name);
    if (!entry.summary.trusted)
      throw fault('SKILL_UNTRUSTED', `the skill "${entry.summary.name}" is not trusted yet`, {
        kind: 'forbidden',
        hint: 'look at its files, then trust it',
      });
    return entry;
  }

  #unknown(name: string) {
    return fault('SKILL_UNKNOWN', `no skill named "${name.slice(0, 100)}"`, {
      kind: 'not_found',
      alternatives: nearest(
        name.slice(0, 100),
        this.catalog.map((each) => each.name),
      ),
    });
  }

  #replaced(catalog: Catalog): void {
    // Their order is fixed, so that the same skills are the same text.
    const content = JSON.stringify([catalog.entries.map(({ summary }) => summary), catalog.diagnostics]);
    if (content === this.#content) return;
    this.#content = content;
    this.#version++;
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#version);
      } catch (error) {
        this.#log.warn('A listener to changes of skills failed.', { reason: reason(error) });
      }
    }
  }
}

const changed = (name: string) =>
  fault('SKILL_CHANGED', `the skill "${name}" changed since it was trusted`, {
    kind: 'conflict',
    hint: 'look at what changed, then trust it again',
  });
const outside = (name: string, file: string) =>
  fault('SKILL_FILE_OUTSIDE', `"${file.slice(0, 200)}" does not lie in the skill "${name}"`, { kind: 'forbidden' });

function unknownFile(name: string, file: string, known: Iterable<string>) {
  const isOutside = /^(?:[\\/]|[a-z]:|~)/i.test(file) || file.split(/[\\/]/).includes('..');
  if (isOutside) return outside(name, file);
  return fault('SKILL_FILE_UNKNOWN', `the skill "${name}" has no file "${file.slice(0, 200)}"`, {
    kind: 'not_found',
    alternatives: nearest(file.slice(0, 200), known),
  });
}

function decoded(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fault('SKILL_FILE_NOT_TEXT', `"${file}" is not text`, { kind: 'invalid' });
  }
}
