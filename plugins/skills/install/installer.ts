import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fault, type Log } from '#kernel';
import type { SkillsConfig } from '../config.ts';
import { findSkills } from '../scan/find.ts';
import { readSkill } from '../scan/read-skill.ts';
import { copyFolder } from './folder.ts';
import { cloneGit, unreachable } from './git.ts';
import { type Source, shownSource, sourceOf } from './source.ts';
import { Staging } from './staging.ts';
import { unpackTar } from './tar.ts';
import { unpackZip } from './zip.ts';

export interface Installed {
  readonly name: string;
  readonly folder: string;
  readonly real: string;
  readonly hash: string;
}

/** Hidden, so that no scan looks into it. */
const STAGED = '.staged-';
/** No installation takes so long: what is older was left by a process that ended in the middle. */
const FORGOTTEN_MS = 2 * 3_600_000;
/** It becomes a folder, so that lenient reading is not enough. */
const FOLDER_NAME = /^[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*$/u;

/** Brings skills into one folder, each by a rename of what was looked at before: whole, or not at all. */
export class Installer {
  readonly #config: SkillsConfig;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #dir: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: SkillsConfig, log: Log, signal: AbortSignal) {
    this.#config = config;
    this.#log = log;
    this.#signal = signal;
    this.#dir = path.resolve(config.dir);
  }

  async clean(): Promise<void> {
    for (const name of await readdir(this.#dir).catch(() => [])) {
      if (!name.startsWith(STAGED)) continue;
      const left = path.join(this.#dir, name);
      const found = await stat(left).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > FORGOTTEN_MS)
        await rm(left, { recursive: true, force: true });
    }
  }

  /** One after the other: two that bring the same name must not meet. */
  install(given: string, isTaken: (name: string) => boolean, signal: AbortSignal | undefined): Promise<Installed> {
    const { timeoutMs } = this.#config.install;
    const work = this.#turn.then(async () => {
      const limit = AbortSignal.timeout(timeoutMs);
      const until = AbortSignal.any([this.#signal, limit, ...(signal ? [signal] : [])]);
      try {
        return await this.#install(given, isTaken, until);
      } catch (error) {
        if (limit.aborted) throw unreachable(given, `not done after ${timeoutMs} ms`);
        until.throwIfAborted();
        throw error;
      }
    });
    this.#turn = work.catch(() => {});
    return work;
  }

  /** Gone in one step; what is left of it is deleted then. */
  async remove(folder: string): Promise<void> {
    const aside = path.join(this.#dir, `${STAGED}${randomUUID()}`);
    await rename(folder, aside);
    await rm(aside, { recursive: true, force: true });
  }

  async #install(given: string, isTaken: (name: string) => boolean, signal: AbortSignal): Promise<Installed> {
    const source = sourceOf(given, this.#config.install);
    signal.throwIfAborted();
    const staged = path.join(this.#dir, `${STAGED}${randomUUID()}`);
    await mkdir(staged, { recursive: true });
    try {
      const place = await this.#fetch(source, staged, signal);
      const found = await this.#choose(place, 'inside' in source ? source.inside : undefined, given);
      return await this.#admit(await this.#copy(found, staged, signal), isTaken, signal);
    } finally {
      await rm(staged, { recursive: true, force: true }).catch((error: unknown) =>
        this.#log.warn('What was left of an installation cannot be deleted.', {
          folder: staged,
          reason: String(error),
        }),
      );
    }
  }

  /** Where it is to be found: as it lies there, cloned or unpacked. */
  async #fetch(source: Source, staged: string, signal: AbortSignal): Promise<string> {
    const { limits, install } = this.#config;
    const into = path.join(staged, 'source');
    if (source.kind === 'git') {
      await cloneGit(source, into, limits, signal);
      return into;
    }
    const from = source.kind === 'folder' ? source.folder : source.file;
    const found = await stat(from).catch((error: NodeJS.ErrnoException) => {
      throw unreachable(from, error.code ?? 'unknown');
    });
    if (source.kind === 'folder') {
      if (!found.isDirectory()) throw unreachable(from, 'it is no folder, .zip, .tar.gz or .tgz');
      return from;
    }
    if (!found.isFile()) throw unreachable(from, 'it is no file');
    await mkdir(into);
    const staging = new Staging(into, limits, install.ratio);
    await (source.kind === 'zip' ? unpackZip : unpackTar)(source.file, staging, signal);
    return into;
  }

  /** Regular files alone, however they came. */
  async #copy(from: string, staged: string, signal: AbortSignal): Promise<string> {
    const { limits, install } = this.#config;
    const into = path.join(staged, 'skill');
    await mkdir(into);
    await copyFolder(from, new Staging(into, limits, install.ratio), signal);
    return into;
  }

  /** The one skill in it, or the one that was asked for. Names are compared, not joined to a path. */
  async #choose(place: string, inside: string | undefined, given: string): Promise<string> {
    const { skills } = await findSkills(place, this.#config.limits, { hidden: true });
    const named = new Map(skills.map((folder) => [path.relative(place, folder).split(path.sep).join('/'), folder]));
    const wanted = inside?.replace(/^\/+|\/+$/g, '');
    const fitting = [...named].filter(
      ([name]) => wanted === undefined || wanted === '' || name === wanted || name.endsWith(`/${wanted}`),
    );
    if (fitting.length === 1) return fitting[0]![1];
    const what = shownSource(given).slice(0, 200);
    if (fitting.length === 0)
      throw fault(
        'SKILL_INVALID',
        wanted ? `${what} has no skill of this name` : `${what} holds no folder with a SKILL.md`,
        { kind: 'invalid', alternatives: [...named.keys()].slice(0, 20) },
      );
    throw fault('SKILL_INVALID', `${what} holds ${fitting.length} skills: one is installed at a time`, {
      kind: 'invalid',
      alternatives: fitting.map(([name]) => name).slice(0, 20),
      hint: 'name one behind a #, or give its folder',
    });
  }

  async #admit(from: string, isTaken: (name: string) => boolean, signal: AbortSignal): Promise<Installed> {
    const { mode, limits } = this.#config;
    const { skill, problems } = await readSkill(from, { mode, limits, isNameless: true });
    const wrong = problems.filter(({ level }) => level === 'error').map(({ code, message }) => `${code}: ${message}`);
    if (skill !== undefined && !FOLDER_NAME.test(skill.name))
      wrong.push(`SKILL_NAME_INVALID: "${skill.name}" may hold letters, digits and single hyphens only`);
    if (skill === undefined || wrong.length > 0)
      throw fault('SKILL_INVALID', wrong.join('\n'), { kind: 'invalid', data: { problems: wrong } });
    const folder = path.join(this.#dir, skill.name);
    if (existsSync(folder) || isTaken(skill.name)) throw taken(skill.name);
    signal.throwIfAborted();
    try {
      await rename(from, folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw code === 'ENOTEMPTY' || code === 'EEXIST' ? taken(skill.name) : error;
    }
    return { name: skill.name, folder, real: await realpath(folder), hash: skill.hash };
  }
}

const taken = (name: string) =>
  fault('SKILL_TAKEN', `there is a skill named "${name}" already`, { kind: 'conflict', hint: 'remove it first' });
