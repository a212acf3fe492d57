import path from 'node:path';
import type { Permission, ToolUse } from './api.ts';
import { matches } from './glob.ts';
import { mayMatch } from './may-match.ts';
import type { PermissionRule } from './permission-rules.ts';
import { type ReadCommand, readCommands } from './shell/read-commands.ts';
import { commandsOf, type Leaves, leavesOf } from './tool-arguments.ts';

type Verdict = Permission['verdict'];
const STRICTNESS: readonly Verdict[] = ['allow', 'ask', 'deny'];
const TIMEOUT_MS = 300_000;

/** What is judged by itself: a program that the call runs, one that cannot be read, or the call as a whole. */
type Part = { readonly command?: ReadCommand; readonly unclear?: string };
interface Ruling {
  readonly verdict: Verdict;
  readonly at: number;
  readonly why?: string;
}

/** The last rule that matches decides; of several programs in one call, the strictest verdict counts. Never throws. */
export function permission(rules: readonly PermissionRule[], use: ToolUse, file: string): Permission {
  try {
    const ruling = rulingOf(rules, use);
    return told(rules[ruling.at], ruling, use, file);
  } catch {
    // A proxy or a getter may do anything.
    return told(undefined, { verdict: 'ask', at: -1, why: 'the arguments cannot be read' }, use, file);
  }
}

function rulingOf(rules: readonly PermissionRule[], use: ToolUse): Ruling {
  const leaves = leavesOf(use.args);
  const fitting = rules.map((rule) => fits(rule, use, leaves));
  const asksForCommands = rules.some((rule, at) => rule.command !== undefined && fitting[at] !== 'no');
  let strictest: Ruling | undefined;
  for (const part of asksForCommands ? partsOf(use) : [{}]) {
    const ruling = judge(rules, fitting, part);
    if (strictest === undefined || rank(ruling.verdict) > rank(strictest.verdict)) strictest = ruling;
  }
  return strictest!;
}

function partsOf({ tool, args }: ToolUse): readonly Part[] {
  const readings = commandsOf(tool, args).map(readCommands);
  const parts = readings.flatMap(({ commands, unclear }): readonly Part[] => [
    ...commands.map((command) => ({ command })),
    ...(unclear === undefined ? [] : [{ unclear }]),
  ]);
  return parts.length > 0 ? parts : [{}];
}

type Fit = 'yes' | 'maybe' | 'no';

/** From the last rule up. What may be refused by a rule, but is not known to, is asked for. */
function judge(rules: readonly PermissionRule[], fitting: readonly Fit[], part: Part): Ruling {
  let asked: Ruling | undefined;
  for (let at = rules.length - 1; at >= 0; at--) {
    const rule = rules[at]!;
    const { fit, why } = both(fitting[at]!, rule, part);
    if (fit === 'maybe' && rule.verdict !== 'allow') asked ??= { verdict: 'ask', at, why };
    if (fit !== 'yes') continue;
    const ruling: Ruling = { verdict: rule.verdict, at };
    return asked !== undefined && rank(rule.verdict) < rank('ask') ? asked : ruling;
  }
  return asked ?? { verdict: 'ask', at: -1 };
}

function both(fit: Fit, rule: PermissionRule, { command, unclear }: Part): { readonly fit: Fit; readonly why: string } {
  const no = { fit: 'no', why: '' } as const;
  if (fit === 'no') return no;
  const why = fit === 'maybe' ? 'there are more arguments than are looked at' : '';
  if (rule.command === undefined) return { fit, why };
  if (unclear !== undefined) return { fit: 'maybe', why: `the command cannot be read with certainty: ${unclear}` };
  if (command === undefined) return no;
  const named = rule.command.some((glob) => matchesCommand(glob, command, rule.verdict === 'allow'));
  if (named && command.maybe)
    return { fit: 'maybe', why: `it names ${command.name} among the arguments of another program` };
  if (named) return { fit, why };
  const { shape, name } = command;
  const isOpen =
    shape !== undefined &&
    rule.command.some((glob) => namesProgram(glob, name) && mayMatch(plain(glob), shape.toLowerCase()));
  return isOpen ? { fit: 'maybe', why: `the arguments of ${name} are put together when it runs` } : no;
}

/** `git push *` and `rm` match without arguments, too; other letters and widths do not help past a refusal. */
function matchesCommand(glob: string, { text, name }: ReadCommand, exactly: boolean): boolean {
  const [pattern, said] = exactly ? [glob, text] : [plain(glob), plain(text)];
  if (matches(pattern, said)) return true;
  if (pattern.endsWith(' *')) return matches(pattern.slice(0, -2), said);
  return !/[*\s]/.test(pattern) && pattern === (exactly ? name : plain(name));
}
/** A rule for all programs is matched by what stands there, one for this program by what may. */
function namesProgram(glob: string, name: string): boolean {
  const first = plain(glob).split(' ')[0]!;
  return first.replaceAll('*', '') !== '' && matches(first, name);
}

function fits(rule: PermissionRule, { tool, readOnly = false }: ToolUse, leaves: Leaves): Fit {
  const exactly = rule.verdict === 'allow';
  const isTool = exactly ? matches(rule.tool, tool) : matches(plain(rule.tool), plain(tool));
  if (!isTool || (rule.readOnly !== undefined && rule.readOnly !== readOnly)) return 'no';
  let fit: Fit = 'yes';
  for (const [names, globs] of Object.entries(rule.args ?? {})) {
    const own = leaves.all.filter((leaf) => names.split('|').some((name) => isNamed(name, leaf)));
    const like = (text: string): boolean => globs.some((glob) => matches(glob, text));
    const isLike = exactly
      ? own.length > 0 && own.every(({ text }) => like(text) && like(normalised(text)))
      : own.some(({ text }) => globs.some((glob) => variants(text).some((each) => matches(plain(glob), each))));
    if (!isLike && !(leaves.cut && !exactly)) return 'no';
    if (!isLike || (exactly && leaves.cut)) fit = 'maybe';
  }
  return fit;
}

const isNamed = (name: string, leaf: Leaf): boolean =>
  matches(name.toLowerCase(), leaf.path.toLowerCase()) || matches(name.toLowerCase(), leaf.key.toLowerCase());
type Leaf = Leaves['all'][number];

/** What cannot be seen, case and width do not make another text. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase();

/** The ways in which a path may be written. */
function variants(text: string): readonly string[] {
  const said = plain(text);
  return [said, said.trim(), plain(normalised(text)).trim()];
}
function normalised(text: string): string {
  let decoded = text;
  try {
    if (/^[a-z][\w+.-]+:/i.test(text)) decoded = decodeURIComponent(text.replace(/[?#].*$/s, ''));
  } catch {
    // Not an address after all.
  }
  return path.posix.normalize(decoded.replaceAll('\\', '/')).replace(/(?<=.)\/+$/, '');
}

const rank = (verdict: Verdict): number => STRICTNESS.indexOf(verdict);

function told(
  rule: PermissionRule | undefined,
  { verdict, at, why }: Ruling,
  { tool }: ToolUse,
  file: string,
): Permission {
  if (rule === undefined)
    return {
      verdict,
      rule: 'no rule applies',
      reason: why ?? `no permission applies to ${tool}.`,
      hint: `add a rule for ${tool} to "permissions" in ${file}`,
      timeoutMs: TIMEOUT_MS,
      onTimeout: 'deny',
    };
  const name = rule.name ?? `permissions.${at}`;
  const said = rule.reason ?? `rule "${name}" says ${rule.verdict}.`;
  return {
    verdict,
    rule: name,
    reason: why === undefined || why === '' ? said : `${said} (${why})`,
    hint: `change the rule "${name}" under "permissions" in ${file}, or put one for ${tool} behind it`,
    timeoutMs: rule.timeoutMs,
    onTimeout: rule.onTimeout,
  };
}
