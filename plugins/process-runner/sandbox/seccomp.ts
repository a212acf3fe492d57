/**
 * A seccomp filter in classic BPF against what no MCP server needs and what a sandbox of namespaces leaves open: kernel
 * doors that exploits use, memory that no process maps (it would escape counting), and sockets that lead out past the
 * network namespace. Numbers: syscall tables of Linux.
 */
interface Arch {
  /** AUDIT_ARCH_*: which table the numbers of a call are from. */
  readonly audit: number;
  readonly refused: readonly number[];
  readonly clone: number;
  readonly socket: number;
  readonly memfdCreate: number;
  readonly shmget: number;
}

// biome-ignore format: a table reads better
const ARCHES: Readonly<Record<string, Arch>> = {
  x64: {
    audit: 0xc000003e, clone: 56, socket: 41, memfdCreate: 319, shmget: 29,
    refused: [
      101 /* ptrace */, 103 /* syslog */, 135 /* personality */, 155 /* pivot_root */, 161 /* chroot */, 163 /* acct */,
      165 /* mount */, 166 /* umount2 */, 167 /* swapon */, 168 /* swapoff */, 169 /* reboot */, 172 /* iopl */,
      173 /* ioperm */, 175 /* init_module */, 176 /* delete_module */, 179 /* quotactl */, 246 /* kexec_load */,
      248 /* add_key */, 249 /* request_key */, 250 /* keyctl */, 272 /* unshare */, 278 /* vmsplice */,
      298 /* perf_event_open */, 300 /* fanotify_init */, 303 /* name_to_handle_at */, 304 /* open_by_handle_at */,
      308 /* setns */, 310 /* process_vm_readv */, 311 /* process_vm_writev */, 312 /* kcmp */, 313 /* finit_module */,
      320 /* kexec_file_load */, 321 /* bpf */, 323 /* userfaultfd */,
    ],
  },
  arm64: {
    audit: 0xc00000b7, clone: 220, socket: 198, memfdCreate: 279, shmget: 194,
    refused: [
      117 /* ptrace */, 116 /* syslog */, 92 /* personality */, 41 /* pivot_root */, 51 /* chroot */, 89 /* acct */,
      40 /* mount */, 39 /* umount2 */, 224 /* swapon */, 225 /* swapoff */, 142 /* reboot */, 105 /* init_module */,
      106 /* delete_module */, 60 /* quotactl */, 104 /* kexec_load */, 217 /* add_key */, 218 /* request_key */,
      219 /* keyctl */, 97 /* unshare */, 75 /* vmsplice */, 241 /* perf_event_open */, 262 /* fanotify_init */,
      264 /* name_to_handle_at */, 265 /* open_by_handle_at */, 268 /* setns */, 270 /* process_vm_readv */,
      271 /* process_vm_writev */, 272 /* kcmp */, 273 /* finit_module */, 294 /* kexec_file_load */, 280 /* bpf */,
      282 /* userfaultfd */,
    ],
  },
};

/** pidfd_getfd, io_uring_*, the newer mount calls, memfd_secret: the same numbers everywhere. */
const REFUSED_EVERYWHERE = [438, 425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 447];
const CLONE3 = 435;
const NEW_NAMESPACES = 0x7e020000;
const X32 = 0x40000000;

const AF_UNIX = 1;
/** inet, inet6, netlink: all of them end at the network namespace; vsock, for one, does not. */
const NETWORK_FAMILIES = [2, 10, 16];

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const EAFNOSUPPORT = 0x00050061;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const answer = (action: number): Instruction => [0x06, 0, 0, action];
/** Runs `then` where the loaded value compares true, else goes on behind it. */
const when = (code: number, value: number, then: readonly Instruction[]): Instruction[] => [
  [code, 0, then.length, value],
  ...then,
];
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const ANY_BIT = 0x45;
const [NUMBER, ARCH, FIRST_ARGUMENT] = [0, 4, 16];

/**
 * The filter as bytes for `bwrap --seccomp`; undefined on an architecture that it does not know. With `network` the
 * server shares the host's network namespace, and with it its abstract Unix sockets: then it makes none itself
 * (pairs of connected ones, as between parent and child, still work).
 */
export function seccompFilter(arch: string, network: boolean): Buffer | undefined {
  const table = ARCHES[arch];
  if (table === undefined) return undefined;
  const families = network ? NETWORK_FAMILIES : [AF_UNIX, ...NETWORK_FAMILIES];
  const program: Instruction[] = [
    load(ARCH),
    [EQUAL, 1, 0, table.audit],
    answer(ENOSYS), // calls of a 32-bit program have other numbers
    load(NUMBER),
    ...(arch === 'x64' ? when(AT_LEAST, X32, [answer(ENOSYS)]) : []),
    ...[...table.refused, ...REFUSED_EVERYWHERE].flatMap((number) => when(EQUAL, number, [answer(EPERM)])),
    // clone3 keeps its flags behind a pointer where no filter sees them; libc then takes clone.
    ...[CLONE3, table.memfdCreate, table.shmget].flatMap((number) => when(EQUAL, number, [answer(ENOSYS)])),
    ...when(EQUAL, table.clone, [
      load(FIRST_ARGUMENT),
      ...when(ANY_BIT, NEW_NAMESPACES, [answer(EPERM)]),
      answer(ALLOW),
    ]),
    ...when(EQUAL, table.socket, [
      load(FIRST_ARGUMENT),
      ...families.flatMap((family) => when(EQUAL, family, [answer(ALLOW)])),
      answer(EAFNOSUPPORT),
    ]),
    answer(ALLOW),
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
