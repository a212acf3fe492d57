import type { Findings } from './findings.ts';
import { leastPercent, mostPercent, ofUses } from './shown-figures.ts';

/** What the findings say, in sentences of our own: in Chinese for a tool that is described in Chinese. */
export function notesOf(findings: Findings, about: string): readonly string[] {
  return /\p{Script=Han}/u.test(about) ? chinese(findings) : english(findings);
}

function english({
  reliable,
  unreliable,
  works,
  fails,
  errors,
  arguments: args,
  timeouts,
}: Findings): readonly string[] {
  const lines: string[] = [];
  if (reliable) lines.push(`Reliable: ${ofUses(reliable)} uses succeeded (at least ${leastPercent(reliable)}).`);
  if (works.length > 0)
    lines.push(
      `Proven for ${works.map(({ scenario, counted }) => `${scenario} (${ofUses(counted)} uses succeeded, at least ${leastPercent(counted)})`).join(', ')}.`,
    );
  if (unreliable) lines.push(`Often fails: ${ofUses(unreliable)} uses succeeded (at most ${mostPercent(unreliable)}).`);
  if (fails.length > 0)
    lines.push(
      `Often fails for ${fails.map(({ scenario, counted }) => `${scenario} (${ofUses(counted)} uses succeeded, at most ${mostPercent(counted)})`).join(', ')}.`,
    );
  for (const { argument, with: given, without } of args)
    lines.push(`Fails more with ${argument} (${ofUses(given)} uses succeeded, ${ofUses(without)} without it).`);
  if (errors.length > 0)
    lines.push(
      `Frequent errors: ${errors.map(({ text, counted }) => `"${text}" (${ofUses(counted)} uses)`).join(', ')}.`,
    );
  if (timeouts) lines.push(`Times out often (${ofUses(timeouts)} uses).`);
  return lines;
}

const ERRORS: Readonly<Record<string, string>> = {
  timeout: '超时',
  'rate limit': '频率受限',
  'permission denied': '没有权限',
  'not found': '未找到',
  'missing argument': '缺少参数',
  'invalid argument': '参数无效',
  unavailable: '服务不可用',
  conflict: '冲突',
  error: '错误',
};

function chinese({
  reliable,
  unreliable,
  works,
  fails,
  errors,
  arguments: args,
  timeouts,
}: Findings): readonly string[] {
  const lines: string[] = [];
  const of = (counted: { uses: number; successes: number }): string => `${counted.uses} 次中 ${counted.successes} 次`;
  if (reliable) lines.push(`可靠：${of(reliable)}成功（至少 ${leastPercent(reliable)}）。`);
  if (works.length > 0)
    lines.push(
      `适用场景：${works.map(({ scenario, counted }) => `${scenario}（${of(counted)}成功，至少 ${leastPercent(counted)}）`).join('、')}。`,
    );
  if (unreliable) lines.push(`经常失败：${of(unreliable)}成功（至多 ${mostPercent(unreliable)}）。`);
  if (fails.length > 0)
    lines.push(
      `以下场景经常失败：${fails.map(({ scenario, counted }) => `${scenario}（${of(counted)}成功，至多 ${mostPercent(counted)}）`).join('、')}。`,
    );
  for (const { argument, with: given, without } of args)
    lines.push(`带参数 ${argument} 时更易失败（${of(given)}成功，不带时${of(without)}成功）。`);
  if (errors.length > 0)
    lines.push(
      `常见错误：${errors.map(({ text, counted }) => `“${ERRORS[text] ?? text}”（${of(counted)}）`).join('、')}。`,
    );
  if (timeouts) lines.push(`经常超时（${of(timeouts)}）。`);
  return lines;
}

/** As many whole lines as fit. */
export function fitting(lines: readonly string[], most: number): string {
  let text = '';
  for (const line of lines) {
    const next = text === '' ? line : `${text}\n${line}`;
    if (next.length <= most) text = next;
  }
  return text;
}
