/** A program that runs the one named in its arguments: how to find where that begins. */
export interface Wrapper {
  /** Letters of short options without and with a value. */
  readonly flags: string;
  readonly valued: string;
  readonly longFlags: readonly string[];
  readonly longValued: readonly string[];
  /** Words of its own before the command: a duration, a host, a folder. */
  readonly operands: number;
  /** `NAME=value` may stand before the command. */
  readonly assignments: boolean;
  /** Options whose value is a script. */
  readonly scripts: readonly string[];
  /** What follows is joined to a script, and read once more by a shell. */
  readonly joined: boolean;
}

const wrapper = (
  flags = '',
  valued = '',
  long: { readonly flags?: string; readonly valued?: string } = {},
  more: Partial<Wrapper> = {},
): Wrapper => ({
  flags,
  valued,
  longFlags: ['help', 'version', ...(long.flags?.split(' ') ?? [])],
  longValued: long.valued?.split(' ') ?? [],
  operands: 0,
  assignments: false,
  scripts: [],
  joined: false,
  ...more,
});
const plain = wrapper();
const operand = (flags = '', valued = '', long = {}): Wrapper => wrapper(flags, valued, long, { operands: 1 });

const sudo = wrapper(
  'AbEeHiKklnPSsVvB',
  'CDghpRrTtUu',
  {
    flags:
      'askpass background preserve-env edit set-home login remove-timestamp reset-timestamp list non-interactive preserve-groups stdin shell validate bell',
    valued: 'user group host prompt chdir chroot close-from role type command-timeout other-user',
  },
  { assignments: true },
);
const ssh = wrapper('46AaCfGgKkMNnqsTtVvXxYy', 'BbcDEeFIiJLlmOopQRSWw', {}, { operands: 1, joined: true });
const time = wrapper(
  'pvaq',
  'fo',
  { flags: 'portability verbose append', valued: 'format output' },
  { assignments: true },
);
const timeout = operand('fpv', 'ks', { flags: 'foreground preserve-status verbose', valued: 'kill-after signal' });
const trace = wrapper('fFrtTvVxyciqdhkDzZwnC', 'aebEoOpPsSuXI');

/** Unknown options make the rest unreadable, so that no value is taken for the command. */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map(
  Object.entries({
    sudo,
    doas: wrapper('Lns', 'aCu'),
    pkexec: wrapper('', '', { flags: 'disable-internal-agent keep-cwd', valued: 'user' }),
    sg: operand(),
    env: wrapper(
      'i0v',
      'uCS',
      { flags: 'ignore-environment null debug', valued: 'unset chdir split-string' },
      { assignments: true, scripts: ['S', 'split-string'] },
    ),
    timeout,
    gtimeout: timeout,
    nice: wrapper('0123456789', 'n', { valued: 'adjustment' }),
    ionice: wrapper('t', 'cnpPu', { flags: 'ignore', valued: 'class classdata' }),
    chrt: operand('bfioramv', 'TPD'),
    taskset: operand('ac'),
    numactl: wrapper('l', 'NmpiC', { flags: 'localalloc' }),
    prlimit: wrapper(),
    nohup: plain,
    setsid: wrapper('cfw', '', { flags: 'ctty fork wait' }),
    setarch: operand('R'),
    linux32: wrapper('R'),
    linux64: wrapper('R'),
    stdbuf: wrapper('', 'ioe', { valued: 'input output error' }),
    time,
    gtime: time,
    builtin: plain,
    exec: wrapper('cl', 'a'),
    noglob: plain,
    nocorrect: plain,
    repeat: operand(),
    and: plain,
    or: plain,
    not: plain,
    begin: plain,
    xargs: wrapper('0oprtx', 'adEILnPs', {
      flags: 'null no-run-if-empty verbose interactive exit open-tty replace eof max-lines',
      valued: 'arg-file delimiter max-args max-procs max-chars process-slot-var',
    }),
    watch: wrapper(
      'bcdegtwx',
      'nq',
      {
        flags: 'beep color differences errexit chgexit no-title no-wrap exec precise',
        valued: 'interval equexit',
      },
      { joined: true },
    ),
    entr: wrapper('acdnprsxz'),
    chroot: operand('', '', { valued: 'userspec groups', flags: 'skip-chdir' }),
    unshare: wrapper('muinpUCTfrc', 'RSGw', {
      flags: 'mount uts ipc net pid user cgroup time fork map-root-user map-current-user mount-proc keep-caps',
      valued: 'root wd setuid setgid propagation',
    }),
    nsenter: wrapper('amuinpUCTrwFZe', 'tSG', {
      flags: 'all mount uts ipc net pid user cgroup time no-fork',
      valued: 'target setuid setgid',
    }),
    setpriv: wrapper('', '', { flags: 'no-new-privs init-groups clear-groups keep-groups' }),
    flock: wrapper(
      'senoxuF',
      'wcE',
      { flags: 'shared exclusive nonblock unlock close no-fork verbose', valued: 'timeout command conflict-exit-code' },
      { operands: 1, scripts: ['c', 'command'] },
    ),
    script: wrapper(
      'aefq',
      'cEIOBTmo',
      { flags: 'append flush quiet return', valued: 'command' },
      { operands: 1, scripts: ['c', 'command'] },
    ),
    su: wrapper(
      'lmpPf-',
      'cgGsuwT',
      { flags: 'login preserve-environment pty', valued: 'command session-command group shell user' },
      { operands: 1, scripts: ['c', 'command', 'session-command'] },
    ),
    runuser: wrapper(
      'lmpPf-',
      'cgGsuwT',
      { flags: 'login preserve-environment pty', valued: 'command session-command group shell user' },
      { scripts: ['c', 'command', 'session-command'] },
    ),
    strace: trace,
    ltrace: trace,
    valgrind: wrapper('qv'),
    'systemd-run': wrapper('tPGqdSr', 'pHMuE', {
      flags: 'user scope wait pty pipe quiet collect no-block same-dir shell',
      valued: 'unit property slice uid gid nice working-directory setenv service-type description',
    }),
    'systemd-inhibit': wrapper('', '', { valued: 'what who why mode' }),
    caffeinate: wrapper('disum', 'tw'),
    chronic: wrapper('ve'),
    unbuffer: wrapper('p'),
    eatmydata: plain,
    fakeroot: wrapper('uv', 'lsib'),
    proot: wrapper('0', 'rbqwk'),
    firejail: wrapper(),
    torsocks: plain,
    proxychains: wrapper('q', 'f'),
    proxychains4: wrapper('q', 'f'),
    rlwrap: wrapper('acnrv', 'bCDfgHs'),
    'xvfb-run': wrapper('al', 'enfspw', { flags: 'auto-servernum', valued: 'server-args server-num' }),
    'dbus-run-session': plain,
    busybox: plain,
    toybox: plain,
    npx: wrapper('yq', 'pc', { flags: 'yes no quiet no-install', valued: 'package call' }, { scripts: ['c', 'call'] }),
    bunx: plain,
    pnpx: plain,
    ssh,
    autossh: ssh,
    rsh: wrapper('n', 'l', {}, { operands: 1, joined: true }),
    dbclient: wrapper('TtNfgyA', 'pliLRJ', {}, { operands: 1, joined: true }),
    sshpass: wrapper('ev', 'pfdP'),
  }),
);

/** `npm exec`, `pnpm dlx` and the like. */
export const PACKAGE_RUNNERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['npm', new Set(['exec', 'x'])],
  ['pnpm', new Set(['exec', 'dlx'])],
  ['yarn', new Set(['exec', 'dlx'])],
  ['bun', new Set(['x'])],
  ['uv', new Set(['run'])],
  ['poetry', new Set(['run'])],
  ['pipenv', new Set(['run'])],
  ['bundle', new Set(['exec'])],
]);

/** Of `docker exec` and `docker run`, and of those who speak as Docker does. */
export const CONTAINER = wrapper(
  'itdPq',
  'uwevpmlchan',
  {
    flags: 'interactive tty detach rm privileged init quiet read-only no-healthcheck publish-all',
    valued:
      'user workdir env env-file volume publish memory label cpu-shares hostname name network net mount platform cpus entrypoint add-host cap-add cap-drop device dns expose gpus group-add ipc ip link log-driver log-opt pid pids-limit pull restart runtime security-opt shm-size stop-signal stop-timeout sysctl tmpfs ulimit userns volumes-from cidfile detach-keys index',
  },
  { operands: 1 },
);
