import type { Decision, InstallRequest, SandboxLimits, SecurityLevel } from './api.ts';
import { matches, named } from './glob.ts';
import type { Rule, Rules } from './rules-file.ts';

type Ruling = Omit<Decision, 'limits'>;
const STRICTNESS: readonly SecurityLevel[] = ['low', 'medium', 'high'];

/**
 * In this order: the deny list; the allow list and the rules, of which the first that applies decides; what the level
 * cannot give; what the caller's level requires. The last two only make a decision stricter.
 */
export function judge(rules: Rules, request: InstallRequest, file: string): Decision {
  const ruling = fitting(rules, request, firstRuling(rules, request, file), file);
  return { ...ruling, limits: sandboxLimits(rules, ruling.level, request.needs.network) };
}

/** `network`: does the server say that it needs it? */
export function sandboxLimits(rules: Rules, level: SecurityLevel, network: boolean): SandboxLimits {
  const { limits } = rules.levels[level];
  const declared = network ? 'full' : 'none';
  return { ...limits, network: limits.network === 'declared' ? declared : limits.network };
}

function firstRuling(rules: Rules, request: InstallRequest, file: string): Ruling {
  const { subject, version } = request;
  const level = stricter(rules.level, request.level);
  // A name in other letters must not get past a refusal, nor into a permission.
  const denied = named(lower(rules.deny), subject.toLowerCase(), version?.toLowerCase());
  if (denied !== undefined)
    return {
      verdict: 'deny',
      level,
      rule: 'deny',
      reason: `${subject} is on the deny list (${denied}).`,
      hint: `take it out of "deny" in ${file}`,
    };
  const allowed = named(rules.allow, subject, version);
  if (allowed !== undefined)
    return {
      verdict: 'allow',
      level,
      rule: 'allow',
      reason: `${subject} is on the allow list (${allowed}).`,
      hint: `take it out of "allow" in ${file}`,
    };
  const rule = rules.rules.find((each) => applies(rules, each, request));
  if (rule === undefined)
    return {
      verdict: 'ask',
      level,
      rule: 'no rule applies',
      reason: `no rule applies to ${subject}.`,
      hint: `add it to "allow", or a rule to "rules", in ${file}`,
    };
  return {
    verdict: rule.verdict,
    level: stricter(rule.level ?? rules.level, request.level),
    rule: rule.name,
    reason: rule.reason ?? `rule "${rule.name}" says ${rule.verdict}.`,
    hint: `change the rule "${rule.name}" under "rules" in ${file}, or add ${subject} to "allow"`,
  };
}

/** Where its level cannot hold it, or the caller's level is not met, a permission does not stand. */
function fitting(rules: Rules, request: InstallRequest, ruling: Ruling, file: string): Ruling {
  const { level, verdict } = ruling;
  if (verdict === 'deny') return ruling;
  const { limits } = rules.levels[level];
  if (limits.sandbox === 'required' && !request.sandboxed)
    return {
      verdict: 'deny',
      level,
      rule: `levels.${level}.limits.sandbox`,
      reason: `level ${level} requires a sandbox, and there is none for it on this machine.`,
      hint: `install bubblewrap, or set levels.${level}.limits.sandbox to preferred in ${file}`,
    };
  if (limits.network === 'none' && request.needs.network)
    return {
      verdict: 'deny',
      level,
      rule: `levels.${level}.limits.network`,
      reason: `it needs the network, which level ${level} does not give.`,
      hint: `set levels.${level}.limits.network to declared in ${file}, or ask for a lower level`,
    };
  if (verdict !== 'allow' || request.level === undefined || ruling.rule === 'allow') return ruling;
  const missing = unmet(rules, request.level, request);
  if (missing.length === 0) return ruling;
  return {
    verdict: 'ask',
    level,
    rule: `levels.${request.level}.require`,
    reason: `level ${request.level} was asked for, and it does not show: ${missing.join(', ')}.`,
    hint: `add ${request.subject} to "allow", or change levels.${request.level}.require, in ${file}`,
  };
}

function applies(rules: Rules, { when }: Rule, request: InstallRequest): boolean {
  const { subject, version, principal, needs } = request;
  return (
    (when.subject === undefined || named(when.subject, subject, version) !== undefined) &&
    (when.principal === undefined || when.principal.some((each) => matches(each, principal))) &&
    (when.trusted === undefined || when.trusted === isTrusted(rules, request)) &&
    (when.meets === undefined || unmet(rules, when.meets, request).length === 0) &&
    (when.secrets === undefined || when.secrets === needs.secrets.length > 0) &&
    (when.network === undefined || when.network === needs.network)
  );
}

/** What a level requires and the server does not show, in words. What is not known is not shown. */
function unmet(rules: Rules, level: SecurityLevel, request: InstallRequest): readonly string[] {
  const { require } = rules.levels[level];
  const { stars = 0, contributors = 0, readme = false, reviewed = false } = request.publisher ?? {};
  return [
    ...(require.trusted && !isTrusted(rules, request) ? ['a trusted publisher'] : []),
    ...(require.reviewed && !reviewed ? ['a code review'] : []),
    ...(stars < require.stars ? [`${require.stars} stars`] : []),
    ...(contributors < require.contributors ? [`${require.contributors} contributors`] : []),
    ...(require.readme && !readme ? ['a readme'] : []),
  ];
}

/** By its identity, which a registry guards; a publisher's name is only what some source says. */
const isTrusted = (rules: Rules, { subject, version }: InstallRequest): boolean =>
  named(rules.trustedPublishers, subject, version) !== undefined;

const stricter = (one: SecurityLevel, other: SecurityLevel | undefined): SecurityLevel =>
  other !== undefined && STRICTNESS.indexOf(other) > STRICTNESS.indexOf(one) ? other : one;
const lower = (patterns: readonly string[]): readonly string[] => patterns.map((each) => each.toLowerCase());
