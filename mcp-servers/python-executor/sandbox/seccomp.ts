/**
 * A small seccomp filter in classic BPF: what computing never needs and kernel exploits do. Namespaces and dropped
 * capabilities already refuse most of it; this takes the code paths away. Numbers: Linux syscall tables.
 */
type Arch = { audit: number; calls: Record<string, number> };

// biome-ignore format: a table reads better
const X64: Arch = {
  audit: 0xc000003e,
  calls: {
    ptrace: 101, syslog: 103, personality: 135, modify_ldt: 154, pivot_root: 155, adjtimex: 159, chroot: 161, acct: 163,
    settimeofday: 164, mount: 165, umount2: 166, swapon: 167, swapoff: 168, reboot: 169, iopl: 172, ioperm: 173,
    init_module: 175, delete_module: 176, quotactl: 179, clock_settime: 227, kexec_load: 246, add_key: 248,
    request_key: 249, keyctl: 250, unshare: 272, vmsplice: 278, perf_event_open: 298, fanotify_init: 300,
    name_to_handle_at: 303, open_by_handle_at: 304, clock_adjtime: 305, setns: 308, process_vm_readv: 310,
    process_vm_writev: 311, kcmp: 312, finit_module: 313, kexec_file_load: 320, bpf: 321, userfaultfd: 323,
    memfd_create: 319, shmget: 29, memfd_secret: 447, clone: 56, socket: 41, prlimit64: 302,
  },
};

// biome-ignore format: a table reads better
const ARM64: Arch = {
  audit: 0xc00000b7,
  calls: {
    ptrace: 117, syslog: 116, personality: 92, pivot_root: 41, adjtimex: 171, chroot: 51, acct: 89, settimeofday: 170,
    mount: 40, umount2: 39, swapon: 224, swapoff: 225, reboot: 142, init_module: 105, delete_module: 106, quotactl: 60,
    clock_settime: 112, kexec_load: 104, add_key: 217, request_key: 218, keyctl: 219, unshare: 97, vmsplice: 75,
    perf_event_open: 241, fanotify_init: 262, name_to_handle_at: 264, open_by_handle_at: 265, clock_adjtime: 266,
    setns: 268, process_vm_readv: 270, process_vm_writev: 271, kcmp: 272, finit_module: 273, kexec_file_load: 294,
    bpf: 280, userfaultfd: 282, memfd_create: 279, shmget: 194, memfd_secret: 447, clone: 220, socket: 198,
    prlimit64: 261,
  },
};

/** Same numbers on every architecture since 2018. */
// biome-ignore format: a table reads better
const SHARED = {
  pidfd_getfd: 438, io_uring_setup: 425, io_uring_enter: 426, io_uring_register: 427, open_tree: 428, move_mount: 429,
  fsopen: 430, fsconfig: 431, fsmount: 432, fspick: 433, mount_setattr: 442,
};
const CLONE3 = 435;

const ALLOW = 0x7fff0000;
const errno = (code: number) => 0x00050000 | code;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const NEW_NAMESPACES = 0x7e020000;
/** unix, inet, inet6, netlink: all of them live in the network namespace; vsock, for one, does not. */
const FAMILIES = [1, 2, 10, 16];

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;
const [NUMBER, ARCH, ARGUMENT0] = [0, 4, 16];

/** The filter as bytes for `bwrap --seccomp`, or undefined on an architecture that it does not know. */
export function seccompFilter(arch: string): Buffer | undefined {
  const table = arch === 'x64' ? X64 : arch === 'arm64' ? ARM64 : undefined;
  if (!table) return undefined;
  const program: [code: number, jumpTrue: number, jumpFalse: number, value: number][] = [];
  const add = (code: number, value: number, jumpTrue = 0, jumpFalse = 0) =>
    program.push([code, jumpTrue, jumpFalse, value]);
  const { clone, socket, prlimit64, memfd_create, shmget, ...refused } = table.calls;

  add(LOAD, ARCH);
  add(JUMP_EQUAL, table.audit, 1, 0);
  add(RETURN, errno(ENOSYS)); // 32-bit calls on a 64-bit kernel have other numbers
  add(LOAD, NUMBER);
  if (arch === 'x64') {
    add(JUMP_GREATER_EQUAL, 0x40000000, 0, 1); // x32: the same calls again under other numbers
    add(RETURN, errno(ENOSYS));
  }
  for (const number of [...Object.values(refused), ...Object.values(SHARED)]) {
    add(JUMP_EQUAL, number, 0, 1);
    add(RETURN, errno(EPERM));
  }
  // clone3 hides its flags behind a pointer; libc falls back to clone. Memory that no process maps escapes counting.
  for (const number of [CLONE3, memfd_create!, shmget!]) {
    add(JUMP_EQUAL, number, 0, 1);
    add(RETURN, errno(ENOSYS));
  }
  add(JUMP_EQUAL, clone!, 0, 4);
  add(LOAD, ARGUMENT0);
  add(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1);
  add(RETURN, errno(EPERM));
  add(RETURN, ALLOW);
  add(JUMP_EQUAL, prlimit64!, 0, 4);
  add(LOAD, ARGUMENT0);
  add(JUMP_EQUAL, 0, 1, 0);
  add(RETURN, errno(EPERM)); // limits of another process, such as the supervisor
  add(RETURN, ALLOW);
  add(JUMP_EQUAL, socket!, 0, FAMILIES.length + 2);
  add(LOAD, ARGUMENT0);
  for (const [index, family] of FAMILIES.entries()) add(JUMP_EQUAL, family, FAMILIES.length - index, 0);
  add(RETURN, errno(EAFNOSUPPORT));
  add(RETURN, ALLOW);

  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
