import type { Word } from './script.ts';

/** Settings that name no program. */
const HARMLESS =
  /^(?:user|color|advice|log|pull|fetch|gc|init|safe|status|column|branch|tag|commit|rerere|protocol|i18n)\.|^core\.(?:quotepath|autocrlf|filemode|longpaths|ignorecase|safecrlf|eol|abbrev|symlinks)|^(?:push\.default|http\.(?:sslverify|postbuffer|lowspeed\w*|version)|diff\.(?:renames|context|algorithm)|merge\.conflictstyle|remote\.\w+\.(?:url|fetch)|credential\.(?:username|usehttppath))/i;
const GLOBAL_VALUED = new Set(['-C', '--git-dir', '--work-tree', '--namespace', '--super-prefix']);
/** Options of its commands that name a program. */
const RUNS =
  /^(?:--extcmd|--upload-pack|--receive-pack|--exec$|--exec=|--open-files-in-pager|--tool-cmd|-O\S|--(?:\w+-)?filter)/;

export interface GitReading {
  /** The command without the options before it. */
  readonly words: readonly Word[];
  readonly scripts: readonly Word[];
  /** A command in its arguments. */
  readonly inner: readonly Word[];
  readonly unclear: string | undefined;
}

/** Git runs programs that its settings name, and some of its commands run others. */
export function readGit(words: readonly Word[]): GitReading {
  let unclear: string | undefined;
  let at = 0;
  for (; at < words.length; at++) {
    const { text } = words[at]!;
    if (!text.startsWith('-')) break;
    if (text === '-c' || text.startsWith('--config-env') || text.startsWith('--exec-path=')) {
      const setting = text === '-c' ? words[++at] : undefined;
      if (setting === undefined || setting.open || !HARMLESS.test(setting.text))
        unclear ??= 'git with a setting that may name a program';
    } else if (GLOBAL_VALUED.has(text)) at++;
  }
  const rest = words.slice(at);
  const texts = rest.map((each) => each.text);
  const scripts: Word[] = [];
  let inner: readonly Word[] = [];
  if (rest[0]?.open) unclear ??= 'a command of git that is not known';
  if (texts[0] === 'submodule' && texts[1] === 'foreach') {
    const own = rest.slice(2).filter((each) => !each.text.startsWith('-') || each.text === '--');
    if (own.length === 1) scripts.push(own[0]!);
    else inner = own;
  } else if (texts[0] === 'bisect' && texts[1] === 'run') inner = rest.slice(2);
  else if (texts[0] === 'rebase')
    for (const [n, text] of texts.entries()) {
      if (text === '-x' || text === '--exec') scripts.push(...rest.slice(n + 1, n + 2));
      else if (text.startsWith('--exec=')) scripts.push({ ...rest[n]!, text: text.slice(7) });
    }
  else if (texts[0] === 'config') {
    const set = texts.slice(1).filter((text) => !text.startsWith('-'));
    if (set.length > 1 && !HARMLESS.test(set.find((each) => each.includes('.')) ?? ''))
      unclear ??= 'git is told of a program';
  } else if (
    texts.some((text) => RUNS.test(text) || text.includes('ext::')) ||
    (texts[0] === 'difftool' && texts.includes('-x'))
  )
    unclear ??= 'git with an option that may name a program';
  return { words: rest, scripts, inner, unclear };
}
