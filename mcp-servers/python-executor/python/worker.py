"""The process that runs user code, forked by the supervisor (supervisor.py, which shares this module at run time)."""
import _thread
import json
import os
import signal
import socket
import struct
import sys

THREAD_STACK = 2 << 20  # the usual 8 MiB would let a few dozen threads use up the address space


def become_worker(control, out, err):
    status = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        import fcntl

        high = fcntl.fcntl(control.fileno(), fcntl.F_DUPFD_CLOEXEC, 100)
        os.closerange(3, 100)
        os.closerange(high + 1, high + 100)
        control.detach()
        if not options["sandboxed"]:
            os.setsid()
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(PR_SET_DUMPABLE, 1)  # /proc/self belongs to the code again
        limit_worker()
        serve(socket.socket(fileno=high))
        status = 0
    finally:
        os._exit(status)


def limit_worker():
    import resource

    limits = {
        resource.RLIMIT_AS: options["memory_bytes"],
        resource.RLIMIT_FSIZE: options["file_bytes"],
        resource.RLIMIT_NOFILE: options["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    # outside of a sandbox it counts every process of the same user
    others = 0 if options["sandboxed"] else count_own_threads()
    limits[resource.RLIMIT_NPROC] = options["processes"] + others
    for kind, value in limits.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            pass
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # if memory runs out, this goes first and not the server
    except OSError:
        pass


def count_own_threads():
    count = 0
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return count


def limit_cpu(seconds):
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY if options["session"] else soft))
    except (ValueError, OSError):
        pass


def serve(control):
    own = os.getpid()
    _thread.stack_size(THREAD_STACK)
    sys.path[:0] = [os.getcwd(), *options["package_paths"]]
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    evaluator = Evaluator()
    while True:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        command = receive(control)
        if command is None:
            return
        give_stdin(command.get("stdin"))
        limit_cpu(command["cpu_seconds"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            result = evaluator.run(command["code"], options["value_chars"])
        except KeyboardInterrupt:
            result = {"value": None, "interrupted": True}
        if os.getpid() == own:
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            except (ValueError, KeyboardInterrupt):
                pass
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if os.getpid() != own:
            os._exit(0)  # a fork of user code that ran to the end is not the worker
        message = json.dumps(result).encode()
        control.sendall(struct.pack(">I", len(message)) + message)


def receive(control):
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack_from(">I", data)[0]:
        part = control.recv(1 << 20)
        if not part:
            return None
        data += part
    return json.loads(data[4:])


def give_stdin(text):
    handle = os.open(os.devnull, os.O_RDONLY)
    if text is not None:
        os.close(handle)
        name = os.path.join(options["temp"], f".stdin-{os.getpid()}")
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.unlink(name)
        os.write(handle, text.encode("utf-8", "surrogatepass"))
        os.lseek(handle, 0, os.SEEK_SET)
    os.dup2(handle, 0)
    os.close(handle)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="replace", closefd=False)
