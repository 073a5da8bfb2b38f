"""Runs a client beside a server and counts: time until the bytes are on the disk, CPU seconds of both sides, and where they go."""
import collections
import os
import re
import signal
import subprocess
import tempfile
import time

GIB = 1 << 30
TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and its children: nginx works in one."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return [pid] + [p for child in children.read().split() for p in tree(int(child))]
    except FileNotFoundError:
        return []


def cpu_seconds(pid):
    total = 0
    for one in tree(pid):
        with open(f"/proc/{one}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
    return total / TICKS


class Result:
    def __init__(self, name, seconds, ended, client, server, size, stages=None):
        self.name, self.seconds, self.ended, self.client, self.server = name, seconds, ended, client, server
        self.size, self.stages = size, stages

    @property
    def rate(self):
        return self.size / self.seconds / 1e6


def run(name, client, server, size, target, environment=None, stages=False):
    """Runs the client to its end. `server` is a Popen; `target` a file or folder that must be on the disk before the clock stops."""
    before = cpu_seconds(server.pid) if server else 0
    profile = Profile(server.pid) if stages else None
    started = time.monotonic()
    child = subprocess.Popen(client, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    if profile:
        profile.pids["client"] = child.pid
    error = child.stderr.read().decode(errors="replace")
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{name} failed ({child.returncode}): {error[-2000:]}")
    # Only ours has brought the bytes to the disk by now.
    ended = time.monotonic() - started
    if target:
        sync(target)
    seconds = time.monotonic() - started
    found = profile.finish() if profile else None
    server_cpu = cpu_seconds(server.pid) - before if server else 0
    return Result(name, seconds, ended, used.ru_utime + used.ru_stime, server_cpu, size, found)


def sync(target):
    descriptor = os.open(target, os.O_RDONLY)
    try:
        subprocess.run(["sync", "-f", target], check=True) if os.path.isdir(target) else os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Profile:
    """Samples all processors, and afterwards counts the samples of two processes by what they were doing."""

    # The first that a frame of the stack matches, from the innermost frame outwards.
    KERNEL = [
        ("send", r"tcp_sendmsg|sock_sendmsg|sock_write_iter|do_sendfile"),
        ("receive", r"tcp_recvmsg|sock_recvmsg|sock_read_iter"),
        ("sync", r"do_fsync|vfs_fsync"),
        ("reserve", r"vfs_fallocate"),
        ("write", r"vfs_write|ksys_pwrite64|pwritev"),
        ("read", r"vfs_read|ksys_pread64|preadv"),
        ("page faults", r"exc_page_fault|handle_mm_fault|do_user_addr_fault|asm_exc_page_fault"),
        ("waiting and waking", r"futex|epoll|schedule"),
    ]

    def __init__(self, server):
        self.pids = {"server": server}
        self.folder = tempfile.mkdtemp(prefix="transfers-perf-")
        self.data = os.path.join(self.folder, "data")
        self.frequency = 497
        self.recorder = subprocess.Popen(
            ["perf", "record", "-a", "-F", str(self.frequency), "-g", "-o", self.data],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def finish(self):
        self.recorder.send_signal(signal.SIGINT)
        self.recorder.wait()
        text = subprocess.run(
            ["perf", "script", "-i", self.data, "-F", "pid,ip,sym,dso"], capture_output=True, text=True, errors="replace").stdout
        counts = {side: collections.Counter() for side in self.pids}
        sides = {pid: side for side, pid in self.pids.items()}
        for sample in text.split("\n\n"):
            lines = sample.strip().split("\n")
            if lines[0].strip().isdigit() and int(lines[0]) in sides:
                counts[sides[int(lines[0])]][self.stage(lines[1:])] += 1 / self.frequency
        for name in os.listdir(self.folder):
            os.remove(os.path.join(self.folder, name))
        os.rmdir(self.folder)
        return counts

    def stage(self, frames):
        if not frames:
            return "other"
        kernel = [f for f in frames if "[kernel" in f or "([" in f and "vdso" not in f]
        if kernel and frames[0] in kernel:
            for name, pattern in self.KERNEL:
                if any(re.search(pattern, frame) for frame in kernel):
                    return name
            return "kernel, other"
        if "libcrypto" in frames[0]:
            return "hash"
        if "libcoreclr" in frames[0] or "libclr" in frames[0]:
            return "runtime (collector, compiler)"
        if "libc." in frames[0]:
            return "copies in the program"
        return "program's own code"
