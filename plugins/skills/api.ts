import { type Token, token } from '#kernel';

/** Skills in the form of agentskills.io: a folder with SKILL.md. Read, matched, loaded step by step, installed, watched. */
export interface Skills {
  /** Grows with every change. */
  readonly version: number;
  /** All that may be offered, by name: about 100 tokens each. */
  readonly catalog: readonly SkillSummary[];
  /** What is wrong with those that are not in the catalog, and what was overlooked in those that are. */
  readonly diagnostics: readonly SkillDiagnostic[];
  /** Those that fit a task, best first, scores 0 to 1. Keywords; by meaning too, where a model embeds. */
  match(task: string, k?: number, signal?: AbortSignal): Promise<readonly SkillMatch[]>;
  /** The body, and the names of its files. Faults: SKILL_UNKNOWN (with the nearest), SKILL_UNTRUSTED, SKILL_CHANGED. */
  load(name: string): Promise<SkillContent>;
  /** One file of a skill, as text. Faults: SKILL_UNKNOWN, SKILL_FILE_UNKNOWN, SKILL_FILE_OUTSIDE. */
  read(name: string, file: string): Promise<string>;
  /**
   * From a folder, an archive (.zip, .tar.gz, .tgz) or a git address. Whole or not at all; nothing of it is run.
   * Faults: SKILL_INVALID (every problem), SKILL_ARCHIVE_UNSAFE, SKILL_TAKEN, SKILL_SOURCE_UNREACHABLE.
   */
  install(source: string, options?: { readonly trust?: boolean; readonly signal?: AbortSignal }): Promise<SkillSummary>;
  /** Of those that were installed. */
  remove(name: string): Promise<void>;
  /** Trusts the content as it is now; a change takes it back. */
  trust(name: string): Promise<void>;
  onChange(listener: (version: number) => void): () => void;
}

export interface SkillSummary {
  readonly name: string;
  readonly description: string;
  /** project: of the folder that is worked in. user: of the person. installed: by `install`. */
  readonly scope: 'project' | 'user' | 'installed';
  /** sha256 over all its files. */
  readonly hash: string;
  readonly trusted: boolean;
  readonly allowedTools: readonly string[];
}
export interface SkillMatch {
  readonly skill: SkillSummary;
  readonly score: number;
  readonly by: 'keywords' | 'meaning';
}
export interface SkillContent extends SkillSummary {
  /** Wrapped as `<skill_content name="...">`, so that it cannot break out. */
  readonly text: string;
  /** Relative paths; to be read on demand. */
  readonly files: readonly string[];
}
export interface SkillDiagnostic {
  readonly path: string;
  readonly level: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
}

export const SKILLS: Token<Skills> = token<Skills>('skills');
