/** Options with which an interpreter runs a text, and whether one of them is among these words. */
const INLINE: Readonly<Record<string, RegExp>> = {
  python: /^-[A-Za-z]*c/,
  pypy: /^-[A-Za-z]*c/,
  node: /^(?:-[a-z]*[ep]$|--eval|--print)/,
  nodejs: /^(?:-[a-z]*[ep]$|--eval|--print)/,
  deno: /^eval$/,
  bun: /^(?:-e|--eval|-p|--print)/,
  perl: /^-[A-Za-z0-9]*[eE]/,
  ruby: /^-[A-Za-z0-9]*e/,
  php: /^-[A-Za-z]*[rBRE]|^--run/,
  lua: /^-e/,
  luajit: /^-e/,
  osascript: /^-e/,
  rscript: /^-e/,
  r: /^-e/,
  julia: /^-[eE]|^--eval|^--print/,
  groovy: /^-e/,
  scala: /^-e/,
  elixir: /^-e|^--eval/,
  erl: /^-eval/,
  guile: /^-c/,
  sbcl: /^--eval/,
  clojure: /^-e|^--eval/,
  ghc: /^-e/,
  swift: /^-e/,
  expect: /^-c/,
  tclsh: /^-c/,
  wish: /^-c/,
  octave: /^--eval/,
  powershell: /^-(?!f(?:ile)?$|v(?:ersion)?$|h(?:elp)?$|nop(?:rofile)?$|noni|nol)/i,
  pwsh: /^-(?!f(?:ile)?$|v(?:ersion)?$|h(?:elp)?$|nop(?:rofile)?$|noni|nol)/i,
  cmd: /^\/[ckr]/i,
  xonsh: /^-c/,
  nu: /^-c/,
  elvish: /^-c/,
};
/** Versions such as python3.12. */
const kindOf = (name: string): string => name.replace(/(?:\.exe)?$/, '').replace(/(?<=[a-z])\d+(?:\.\d+)*$/, '');

/** Programs with options or arguments that run commands, which are not looked into. */
const RUNS: Readonly<Record<string, RegExp>> = {
  tar: /^(?:--to-command|--checkpoint-action|--use-compress-program|--info-script|--new-volume-script|--rsh-command|--rmt-command|-I|-F)/,
  rsync: /^(?:-[A-Za-z]*e|--rsh|--rsync-path)/,
  scp: /^-(?:S|.*command)/i,
  sftp: /^-(?:S|b|.*command)/i,
  zip: /^(?:-[A-Za-z]*T{2}|--unzip-command)/,
  man: /^(?:-P|--pager|-H|--html)/,
  vi: /^(?:-[cSsu]|--cmd|\+)/,
  vim: /^(?:-[cSsu]|--cmd|\+)/,
  nvim: /^(?:-[cSsu]|--cmd|\+|-l)/,
  ex: /^(?:-[csS]|\+)/,
  emacs: /^(?:--?eval|--execute|--?l(?:oad)?$|-f|--funcall|--script|--batch)/,
  gdb: /^(?:-ex|-x|--eval-command|--command|-i?ex|--args)/,
  sqlite3: /\.(?:shell|system)|load_extension|^-(?:cmd|init)/,
  psql: /\\!|\bprogram\b|^-[A-Za-z]*f/i,
  mysql: /\\!|\bsystem\s/i,
  socat: /exec:|system:|shell:/i,
  nc: /^-[A-Za-z]*[ec]/,
  ncat: /^(?:-[A-Za-z]*[ec]|--exec|--sh-exec|--lua-exec)/,
  netcat: /^-[A-Za-z]*[ec]/,
  nmap: /^--(?:script|interactive)/,
  sort: /^--compress-program/,
  split: /^--filter/,
  make: /^(?:--eval|-f-$|-$|SHELL=|\.SHELLFLAGS=)|\$\(shell/,
  gmake: /^(?:--eval|-f-$|-$|SHELL=|\.SHELLFLAGS=)|\$\(shell/,
  screen: /^-[A-Za-z]*[Xdmc]/,
  tmux: /^(?:new|new-session|new-window|neww|split-window|splitw|send|send-keys|run|run-shell|if|if-shell|pipe-pane|respawn|popup|display-popup|source|bind)/,
  crontab: /^(?!-[lu]$)/,
  mapfile: /^-C/,
  readarray: /^-C/,
  hash: /^-[A-Za-z]*p/,
  enable: /^-[A-Za-z]*f/,
  bind: /^-x/,
  complete: /^-[A-Za-z]*C/,
  ansible: /^-[A-Za-z]*[am]/,
  m4: /esyscmd|syscmd/,
  awk: /system\s*\(|getline|(?<!\|)\|(?!\|)\s*&?\s*["\w(]/,
  gawk: /system\s*\(|getline|(?<!\|)\|(?!\|)\s*&?\s*["\w(]/,
  mawk: /system\s*\(|getline|(?<!\|)\|(?!\|)\s*&?\s*["\w(]/,
  nawk: /system\s*\(|getline|(?<!\|)\|(?!\|)\s*&?\s*["\w(]/,
  sed: /(?:^|[;{}\n])\s*(?:[\d,$!]+|\/[^/]*\/)?\s*(?:e(?:\s|$)|s(\W)(?:\\.|(?!\1)[^\\])*\1(?:\\.|(?!\1)[^\\])*\1[gpiImM0-9]*e)/,
  pip: /^--(?:global|build)-option/,
  fish: /^-[A-Za-z]*c|^--command|^-C|^--init-command/,
  csh: /^-[A-Za-z]*c/,
  tcsh: /^-[A-Za-z]*c/,
};

/** What these are told comes by their input. */
const TOLD = new Set(['at', 'batch', 'ed', 'ftp', 'lftp', 'telnet']);
/** Longer arguments are not looked into. */
const LONGEST = 4_000;

/** Why a program with these arguments may run what nobody has read; undefined where it does not. */
export function hiddenCode(name: string, args: readonly string[], document: string | undefined): string | undefined {
  const kind = kindOf(name);
  const runs = RUNS[kind];
  if (TOLD.has(kind)) return `${name} runs what it reads`;
  if (runs !== undefined && args.some((each) => each.length > LONGEST || runs.test(each)))
    return `${name} runs what is in its arguments`;
  const inline = INLINE[kind];
  if (inline === undefined) return undefined;
  const at = args.findIndex((each) => inline.test(each));
  const isRead = at < 0 && !args.some((each) => each !== '-' && !each.startsWith('-'));
  if (isRead && args.some((each) => /^-{1,2}(?:v|version|h|help|test|run|watch|check)$/i.test(each))) return undefined;
  if (isRead)
    return kind === 'python' && isPlainPython(document) ? undefined : `${name} reads its program from its input`;
  if (at < 0) return undefined;
  const code = /^-[A-Za-z]*c$/.test(args[at]!) ? args[at + 1] : undefined;
  return kind === 'python' && isPlainPython(code) ? undefined : `${name} runs a program in its arguments`;
}

const HARMLESS_IMPORTS =
  /^(?:json|sys|math|re|datetime|time|calendar|collections|itertools|functools|statistics|random|string|decimal|fractions|textwrap|hashlib|unicodedata|zlib|bisect|heapq|pprint|uuid)$/;
const DANGEROUS =
  /__|\\|\b(?:exec|eval|compile|open|getattr|setattr|delattr|globals|locals|vars|builtins?|breakpoint|input|modules|system|popen|spawn\w*|fork\w*|attrgetter|methodcaller|importlib|loader|memoryview|codecs|_\w+)\b|\bos\b/;

/** Python that only computes and prints: few imports, nothing that reaches further by a name or by a detour. */
function isPlainPython(code: string | undefined): boolean {
  if (code === undefined || code.length > 4_000 || !/^[\t\n\x20-\x7e]*$/.test(code) || DANGEROUS.test(code))
    return false;
  if (/\bfrom\b/.test(code)) return false;
  return [...code.matchAll(/\bimport\s+([^\n;]*)/g)].every(([, names]) =>
    names!.split(',').every((name) => HARMLESS_IMPORTS.test(name.trim())),
  );
}
