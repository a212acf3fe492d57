import type { Redirect, Word } from './script.ts';

export const SHELLS: ReadonlySet<string> = new Set(
  'sh bash dash zsh ksh ksh93 mksh ash rbash yash posh hush'.split(' '),
);

/** What a shell would run: the scripts among its arguments, or what is put into its input. */
export function readShell(
  words: readonly Word[],
  redirects: readonly Redirect[],
): { readonly scripts: readonly Word[]; readonly unclear: string | undefined } {
  let unclear: string | undefined;
  let isInline = false;
  let isInput = false;
  let at = 0;
  for (; at < words.length; at++) {
    const { text } = words[at]!;
    if (text === '--' || text === '-') {
      at++;
      break;
    }
    if (!/^[-+]./.test(text)) break;
    if (/^--(?:rcfile|init-file)/.test(text)) unclear = 'a shell with a file of its own to begin with';
    else if (!text.startsWith('--')) {
      if (text.startsWith('-') && text.includes('c')) isInline = true;
      if (text.startsWith('-') && text.includes('s')) isInput = true;
      if (/[oO]$/.test(text)) at++;
    }
  }
  const first = words[at];
  if (isInline)
    return first === undefined
      ? { scripts: [], unclear: 'a shell whose script comes later' }
      : { scripts: [first], unclear };
  if (first !== undefined && !isInput) {
    if (first.open || /^\/(?:dev|proc)\//.test(first.text)) unclear ??= 'a script that comes from elsewhere';
    return { scripts: [], unclear };
  }
  const input = redirects.findLast(({ operator }) => operator.startsWith('<'));
  if (input?.operator === '<<') return { scripts: [{ ...input.target, text: input.body ?? '', open: false }], unclear };
  if (input?.operator === '<<<') return { scripts: [input.target], unclear };
  if (input?.operator === '<' && !input.target.open && !/^\/(?:dev|proc)\//.test(input.target.text))
    return { scripts: [], unclear };
  const isQuestion = words.some((each) => each.text === '--version' || each.text === '--help');
  return {
    scripts: [],
    unclear: unclear ?? (isQuestion ? undefined : 'a shell that reads its commands from its input'),
  };
}
