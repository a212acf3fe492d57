"""Finds the files that an execution made in the work folder. Opens regular files only, and follows no link."""
import os
import stat

MAX_ENTRIES = 5_000
MAX_DEPTH = 16


def snapshot(root):
    """{relative path: identity} of what is there now."""
    found = {}
    for path, info in walk(root):
        found[path] = identity(info)
    return found


def identity(info):
    return (info.st_ino, info.st_size, info.st_mtime_ns, stat.S_IFMT(info.st_mode))


def walk(root):
    pending = [("", 0)]
    entries = 0
    while pending:
        folder, depth = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as listing:
                for entry in listing:
                    entries += 1
                    if entries > MAX_ENTRIES:
                        return
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.name == "__pycache__":
                        continue
                    info = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(info.st_mode):
                        if depth < MAX_DEPTH:
                            pending.append((path, depth + 1))
                    else:
                        yield path, info
        except OSError:
            continue


def collect(root, before, max_files, max_bytes):
    """([(path, content)], [{path, reason}]): new and changed files, oldest first, within the limits."""
    changed = [(info.st_mtime_ns, path, info) for path, info in walk(root) if before.get(path) != identity(info)]
    changed.sort(key=lambda item: (item[0], item[1]))
    kept, skipped, total = [], [], 0
    for _, path, info in changed:
        reason, content = None, None
        if not stat.S_ISREG(info.st_mode):
            reason = "symbolic link" if stat.S_ISLNK(info.st_mode) else "not a regular file"
        elif len(kept) >= max_files:
            reason = f"more than {max_files} files"
        elif total + info.st_size > max_bytes:
            reason = f"{info.st_size} bytes would exceed the limit of {max_bytes} bytes in total"
        else:
            content = read_regular(os.path.join(root, path), max_bytes - total)
            if content is None:
                reason = "could not be read"
        if content is None:
            if len(skipped) < 50:
                skipped.append({"path": printable(path), "reason": reason})
        else:
            total += len(content)
            kept.append((printable(path), content))
    return kept, skipped


def printable(path):
    return path.encode("utf-8", "replace").decode("utf-8")


def read_regular(path, limit):
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        parts, size = [], 0
        while size <= limit:
            part = os.read(handle, min(1 << 20, limit + 1 - size))
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
        return None
    except OSError:
        return None
    finally:
        os.close(handle)
