"""The first process inside the sandbox. It talks with the server and never runs user code.

    server <- frames on stdin and stdout -> supervisor <- socket and pipes -> worker (user code)

The worker does not hold the server's channel, so user code cannot write to it; and as process 1 of its own
namespace the supervisor cannot be killed, stopped or traced from inside.
Frames: one letter, four bytes of length (big endian), payload.
  in:  x execute (JSON), i interrupt, k kill the worker
  out: r running, o stdout, e stderr, a artifact (JSON line, newline, bytes), d done (JSON)
"""
import binascii
import json
import os
import select
import signal
import socket
import struct
import sys
import time

HEADER = struct.Struct(">cI")
CHUNK = 65_536
MAX_RESULT = 8 << 20
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
options = json.loads(sys.argv[1])
sys.argv[1:] = []
# Only as process 1 of an own namespace does "every process" mean those of this execution.
IS_INIT = bool(options["sandboxed"]) and os.getpid() == 1


def prctl(operation, argument):
    """Best effort: without it user code could only disturb its own result."""
    try:
        import _ctypes

        address = _ctypes.dlsym(_ctypes.dlopen(None, 2), "prctl")
        _ctypes.call_function(address, (operation, argument, 0, 0, 0))
    except Exception:
        pass


def send(kind, payload):
    data = memoryview(HEADER.pack(kind, len(payload)) + payload)
    while data:
        data = data[os.write(1, data) :]


class Supervisor:
    def __init__(self):
        self.inbox = bytearray()
        self.reply = bytearray()
        self.running = False
        self.exit_status = None
        self.start_worker()

    def start_worker(self):
        self.control, worker_end = socket.socketpair()
        self.out, out_end = os.pipe()
        self.err, err_end = os.pipe()
        self.worker = os.fork()
        if self.worker == 0:
            self.control.close()
            become_worker(worker_end, out_end, err_end)
        worker_end.close()
        os.close(out_end)
        os.close(err_end)
        for end in (self.out, self.err):
            os.set_blocking(end, False)
        self.wake, wake_end = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(wake_end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)

    def loop(self):
        poller = select.poll()
        for end in (0, self.wake, self.control.fileno(), self.out, self.err):
            poller.register(end, select.POLLIN)
        while True:
            for end, _ in poller.poll():
                if end == 0 and not self.read_server():
                    return
                elif end in (self.out, self.err) and self.forward(end) == 0:
                    poller.unregister(end)
                elif end == self.control.fileno() and not self.read_worker():
                    poller.unregister(end)
                elif end == self.wake:
                    self.reap()
            if self.running:
                self.check_finished()

    def read_server(self):
        data = os.read(0, 1 << 20)
        if not data:
            return False  # the server is gone
        self.inbox += data
        while len(self.inbox) >= HEADER.size:
            kind, length = HEADER.unpack_from(self.inbox)
            if len(self.inbox) < HEADER.size + length:
                break
            payload = bytes(self.inbox[HEADER.size : HEADER.size + length])
            del self.inbox[: HEADER.size + length]
            if kind == b"x":
                self.begin(json.loads(payload))
            elif kind in b"ik" and self.running and self.exit_status is None:
                os.kill(self.worker, signal.SIGINT if kind == b"i" else signal.SIGKILL)
        return True

    def begin(self, command):
        self.started = time.monotonic()
        self.running, self.excess = True, False
        self.sent = {self.out: 0, self.err: 0}
        self.seen = {self.out: 0, self.err: 0}
        send(b"r", b"")
        self.problem = write_files(command.pop("files", ()))
        self.before = snapshot(".")
        if self.problem or self.exit_status is not None:
            return
        signal_all(self.worker, signal.SIGCONT)
        message = json.dumps(command).encode()
        try:
            self.control.sendall(struct.pack(">I", len(message)) + message)
        except OSError:
            pass  # the worker died; reap() tells

    def forward(self, end):
        """Passes on what fits into the output limit, counts the rest. 0 = end of file, None = nothing there."""
        try:
            data = os.read(end, CHUNK)
        except BlockingIOError:
            return None
        if self.running and data:
            self.seen[end] += len(data)
            room = options["output_bytes"] - self.sent[self.out] - self.sent[self.err]
            part = data[: max(room, 0)]
            if part:
                self.sent[end] += len(part)
                send(b"o" if end == self.out else b"e", part)
            if sum(self.seen.values()) > options["output_bytes"] * 16:
                self.excess = True
        return len(data)

    def read_worker(self):
        try:
            data = self.control.recv(1 << 20)
        except OSError:
            data = b""
        if len(self.reply) < MAX_RESULT + 4:
            self.reply += data
        return bool(data)

    def reap(self):
        while True:
            try:
                os.read(self.wake, 512)
            except BlockingIOError:
                break
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.worker:
                self.exit_status = status

    def check_finished(self):
        result = None
        if len(self.reply) >= 4:
            (length,) = struct.unpack_from(">I", self.reply)
            if length > MAX_RESULT:
                result = {"damaged": True}
            elif len(self.reply) >= 4 + length:
                result = parse_result(bytes(self.reply[4 : 4 + length]))
        if result is None and self.exit_status is None and not self.excess and not self.problem:
            return
        self.finish(result)

    def finish(self, result):
        elapsed = time.monotonic() - self.started
        status = self.exit_status  # as it was before the next line ends everything
        stop = signal.SIGSTOP if options["session"] and not self.excess else signal.SIGKILL
        signal_all(self.worker, stop)
        for end in (self.out, self.err):
            while not self.excess and self.forward(end):
                pass
        self.reap()
        del self.reply[:]
        kept, skipped = collect(".", self.before, options["artifact_files"], options["artifact_bytes"])
        for path, content in kept:
            send(b"a", json.dumps({"path": path}).encode() + b"\n" + content)
        self.running = False
        send(b"d", json.dumps({
            "result": result,
            "problem": self.problem,
            "exit_code": os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            "output_excess": self.excess,
            "stdout_bytes": self.seen[self.out],
            "stderr_bytes": self.seen[self.err],
            "skipped": skipped,
            "elapsed_ms": round(elapsed * 1000, 3),
        }).encode())


def parse_result(text):
    try:
        result = json.loads(text)
    except (ValueError, RecursionError):
        result = None
    return result if isinstance(result, dict) else {"damaged": True}


def write_files(files):
    """The server has checked the paths; a link that earlier user code left stays inside the sandbox anyway."""
    for file in files:
        try:
            folder = os.path.dirname(file["path"])
            if folder:
                os.makedirs(folder, exist_ok=True)
            with open(file["path"], "wb") as target:
                target.write(binascii.a2b_base64(file["base64"]))
        except OSError as error:
            return f"cannot write {file['path']}: {error.strerror}"
    return None


def signal_all(worker, number):
    """Inside a namespace one call reaches all. Outside, what is forked meanwhile is only seen by looking again."""
    if IS_INIT:
        kill(-1, number)
        return
    kill(worker, number)
    for _ in range(100 if number == signal.SIGKILL else 1):
        alive = descendants(os.getpid())
        if not alive:
            return
        for pid in alive:
            kill(pid, number)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


def descendants(root):
    children = {}
    try:
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat", "rb") as file:
                        state, parent = file.read().rpartition(b")")[2].split()[:2]
                    if state != b"Z":
                        children.setdefault(int(parent), []).append(int(name))
                except (OSError, ValueError, IndexError):
                    continue
    except OSError:
        return []
    found, pending = [], [root]
    while pending:
        for pid in children.get(pending.pop(), ()):
            found.append(pid)
            pending.append(pid)
    return found


def main():
    if not IS_INIT:  # without a namespace of its own, orphans at least come back here to be ended
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_DUMPABLE, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.chdir(options["work"])
    supervisor = Supervisor()
    try:
        supervisor.loop()
    finally:
        signal_all(supervisor.worker, signal.SIGKILL)
    os._exit(0)  # the worker and all others are gone; there is nothing to tidy up
