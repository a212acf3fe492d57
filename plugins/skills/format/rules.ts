import type { SkillDiagnostic } from '../api.ts';

export type Problem = Omit<SkillDiagnostic, 'path'>;

/** What the frontmatter says, made safe to be shown to a model. */
export interface Facts {
  /** In NFKC. */
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Asked for, and granted by nobody. */
  readonly allowedTools: readonly string[];
}

const LONGEST_NAME = 64;
/** What lenient reading still takes. */
const LONGEST_USABLE_NAME = 128;
const LONGEST_DESCRIPTION = 1_024;
const LONGEST_COMPATIBILITY = 500;
const MOST_TOOLS = 100;
const LONGEST_TOOL = 200;
const MOST_BODY_LINES = 500;
const KNOWN = new Set(['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']);

/** Nothing that a path, a tag or a terminal could take for its own. */
const USABLE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.:-]*(?: [\p{L}\p{M}\p{N}_.:-]+)*$/u;
/** Beyond control characters: line and paragraph separators, and what is not seen or turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Cf}\p{Co}\p{Cs}]+/gu;

interface Judgement {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** undefined: the folder's name is not yet its own, as before an installation. */
  readonly folder: string | undefined;
}

/**
 * All rules of the specification, each with the level that it has where reading is lenient. Errors keep a skill out.
 * Lenient follows the guide for clients: only what cannot be used is an error.
 * @see https://agentskills.io/specification
 */
export function judge({ fields, body, folder }: Judgement): { facts: Facts | undefined; problems: Problem[] } {
  const problems: Problem[] = [];
  const say = (level: Problem['level'], code: string, message: string): void => {
    problems.push({ level, code, message });
  };
  const name = usableName(fields.name, folder, say);
  const description = usableDescription(fields.description, say);
  const allowedTools = toolsOf(fields['allowed-tools'], say);
  const { compatibility, metadata, license } = fields;
  if (compatibility !== undefined && typeof compatibility !== 'string')
    say('warning', 'SKILL_COMPATIBILITY', 'compatibility must be text');
  else if (compatibility !== undefined && (compatibility === '' || lengthOf(compatibility) > LONGEST_COMPATIBILITY))
    say('warning', 'SKILL_COMPATIBILITY', `compatibility must have 1 to ${LONGEST_COMPATIBILITY} characters`);
  if (license !== undefined && typeof license !== 'string') say('warning', 'SKILL_LICENSE', 'license must be text');
  if (metadata !== undefined && !isFlat(metadata))
    say('warning', 'SKILL_METADATA', 'metadata must be a map of keys to texts');
  const unknown = Object.keys(fields).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0)
    say('warning', 'SKILL_FIELD_UNKNOWN', `unknown: ${shown(unknown.slice(0, 10).join(', '))}; it is overlooked`);
  const facts = name === undefined || description === undefined ? undefined : { name, description, allowedTools };
  // Advice, also where reading is strict.
  if (body.split('\n', MOST_BODY_LINES + 1).length > MOST_BODY_LINES)
    say('warning', 'SKILL_BODY_LONG', `more than ${MOST_BODY_LINES} lines: move parts into files of their own`);
  return { facts, problems };
}

/** Where reading is strict, what lenient reading overlooks is an error, but for advice. */
export const strictly = (problems: readonly Problem[]): Problem[] =>
  problems.map((each) => (each.code === 'SKILL_BODY_LONG' ? each : { ...each, level: 'error' }));

type Say = (level: Problem['level'], code: string, message: string) => void;

function usableName(given: unknown, folder: string | undefined, say: Say): string | undefined {
  const own = folder?.normalize('NFKC');
  const instead = own !== undefined && USABLE.test(own) && lengthOf(own) <= LONGEST_USABLE_NAME ? own : undefined;
  const level = instead === undefined ? 'error' : 'warning';
  if (given === undefined || given === null || String(given).trim() === '') {
    say(level, 'SKILL_NAME_MISSING', 'name is missing');
    return instead;
  }
  if (typeof given === 'object') {
    say(level, 'SKILL_NAME_INVALID', 'name must be text');
    return instead;
  }
  if (typeof given !== 'string') say('warning', 'SKILL_NAME_INVALID', 'name must be text');
  const name = String(given).trim().normalize('NFKC');
  if (!USABLE.test(name) || lengthOf(name) > LONGEST_USABLE_NAME) {
    say(level, 'SKILL_NAME_INVALID', `the name "${shown(name)}" cannot be used`);
    return instead;
  }
  if (lengthOf(name) > LONGEST_NAME)
    say('warning', 'SKILL_NAME_INVALID', `the name has more than ${LONGEST_NAME} characters`);
  if (name !== name.toLowerCase()) say('warning', 'SKILL_NAME_INVALID', `the name "${name}" must be lowercase`);
  if (!/^[\p{L}\p{N}-]+$/u.test(name))
    say('warning', 'SKILL_NAME_INVALID', `the name "${name}" may hold letters, digits and hyphens only`);
  if (name.startsWith('-') || name.endsWith('-') || name.includes('--'))
    say('warning', 'SKILL_NAME_INVALID', `the name "${name}" has a hyphen at its start or end, or two in a row`);
  if (/\p{Script=Latin}/u.test(name) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(name))
    say('warning', 'SKILL_NAME_MIXED', `the name "${name}" mixes alphabets, and may look like another one`);
  if (own !== undefined && own !== name)
    say('warning', 'SKILL_NAME_MISMATCH', `the name "${name}" is not that of its folder, "${shown(own)}"`);
  return name;
}

function usableDescription(given: unknown, say: Say): string | undefined {
  if (given === undefined || given === null || String(given).trim() === '') {
    say('error', 'SKILL_DESCRIPTION_MISSING', 'description is missing: what the skill does, and when to use it');
    return undefined;
  }
  if (typeof given === 'object') {
    say('error', 'SKILL_DESCRIPTION_MISSING', 'description must be text');
    return undefined;
  }
  if (typeof given !== 'string') say('warning', 'SKILL_DESCRIPTION_INVALID', 'description must be text');
  if (lengthOf(String(given)) > LONGEST_DESCRIPTION)
    say(
      'warning',
      'SKILL_DESCRIPTION_INVALID',
      `description has more than ${LONGEST_DESCRIPTION} characters; the rest is cut off`,
    );
  const line = oneLine(String(given), LONGEST_DESCRIPTION);
  if (line !== '') return line;
  say('error', 'SKILL_DESCRIPTION_MISSING', 'description holds nothing that can be seen');
  return undefined;
}

function toolsOf(given: unknown, say: Say): readonly string[] {
  if (given === undefined || given === null) return [];
  const isList = Array.isArray(given) && given.every((each) => typeof each === 'string');
  if (!isList && typeof given !== 'string') {
    say('warning', 'SKILL_ALLOWED_TOOLS', 'allowed-tools must be one text, or a list of texts; it is overlooked');
    return [];
  }
  // `Bash(git add:*) Read` are two: a space in brackets separates nothing.
  const all = isList ? (given as string[]) : (String(given).match(/[^\s,(]+(?:\([^)]*\))?/g) ?? []);
  return all.slice(0, MOST_TOOLS).map((tool) => oneLine(tool, LONGEST_TOOL));
}

/** What stands in every prompt: no line of its own, no tag, nothing unseen. */
export function oneLine(text: string, most: number): string {
  const line = text
    .replace(UNSEEN, ' ')
    .replace(/[<＜﹤](?=[/!?\p{L}])/gu, '‹')
    .replace(/\s+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line;
}

const shown = (text: string): string => oneLine(text, 80);
const lengthOf = (text: string): number => [...text].length;
const isFlat = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each !== 'object' || each === null);
