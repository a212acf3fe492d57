import { z } from 'zod';
import { isFault, readData } from '#kernel';

/** As many as the kernel follows; what stands behind more of them would be read as nothing. */
const MOST_ALIASES = 100;
const LONGEST_REASON = 300;

export interface Frontmatter {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Markdown, with plain line ends. */
  readonly body: string;
  /** Values with a colon were read as if they stood in quotes. */
  readonly requoted: boolean;
}
export interface Unreadable {
  readonly code: string;
  readonly problem: string;
}

/** Any map of keys: what is wrong with the values is said all at once, by the rules. */
const anything = z.looseObject({});

/**
 * SKILL.md is YAML between two lines of `---`, the first of which is at byte 0 (after a byte order mark), then Markdown.
 * @see https://agentskills.io/specification
 */
export function readFrontmatter(bytes: Uint8Array, mostBytes: number, lenient: boolean): Frontmatter | Unreadable {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch {
    return { code: 'SKILL_NOT_UTF8', problem: 'is not UTF-8' };
  }
  if (text.includes('\0')) return { code: 'SKILL_NOT_UTF8', problem: 'holds NUL, which text does not' };
  const opening = /^---[ \t]*\n/.exec(text);
  if (opening === null) return { code: 'SKILL_NO_FRONTMATTER', problem: 'must begin with a line of ---' };
  const rest = text.slice(opening[0].length);
  const closing = /^---[ \t]*$/m.exec(rest);
  if (closing === null) return { code: 'SKILL_NO_FRONTMATTER', problem: 'the frontmatter has no closing line of ---' };
  const yaml = rest.slice(0, closing.index);
  if (Buffer.byteLength(yaml) > mostBytes)
    return { code: 'SKILL_TOO_LARGE', problem: `the frontmatter is larger than ${mostBytes / 1_024} KiB` };
  const body = rest.slice(closing.index + closing[0].length).replace(/^\n+/, '');
  const first = parse(yaml);
  if (!('problem' in first)) return { fields: first.fields, body, requoted: false };
  const quoted = lenient ? quote(yaml) : yaml;
  const second = quoted === yaml ? first : parse(quoted);
  return 'problem' in second ? first : { fields: second.fields, body, requoted: true };
}

function parse(yaml: string): { fields: Readonly<Record<string, unknown>> } | Unreadable {
  const unreadable = (problem: string): Unreadable => ({ code: 'SKILL_YAML', problem });
  // A directive may switch to YAML 1.1, which has other types.
  if (/^%/m.test(yaml)) return unreadable('the frontmatter must not hold YAML directives');
  if ((yaml.match(/(?:^|[\s,[{:-])\*[^\s,\]}]/g)?.length ?? 0) > MOST_ALIASES)
    return { code: 'SKILL_YAML_BOMB', problem: `the frontmatter has more than ${MOST_ALIASES} aliases` };
  try {
    return { fields: readData(yaml, 'frontmatter', anything) };
  } catch (error) {
    // Deep nesting ends as an error of the stack, which is one more thing that cannot be read.
    const why = isFault(error) ? error.message : 'it is nested too deeply';
    return unreadable(`the frontmatter cannot be read: ${why.replaceAll('\n', '; ').slice(0, LONGEST_REASON)}`);
  }
}

/** `description: Use when: asked` is no YAML, but what was meant is plain. */
const quote = (yaml: string): string =>
  yaml.replace(
    /^([ \t]*[\w-]+:[ \t]+)(?!["'|>[{&*!#])(.*(?::[ \t].*|:))$/gm,
    (_, key: string, value: string) => key + JSON.stringify(value.trim()),
  );
