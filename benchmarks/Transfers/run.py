#!/usr/bin/python3
"""Fetches one large file and many small ones over loopback: ours beside what people use instead, in one run on one machine.

    benchmarks/Transfers/run.py                  everything, about four minutes
    benchmarks/Transfers/run.py --size 1 --only ours,curl --no-disk --no-small --no-hash

Needs (Debian): nginx-light curl aria2 rsync python3-libtorrent iperf3 openssl linux-perf. The file lies in memory; targets are in
memory (--memory) and on a disk (--disk). The clock runs from the start of the client until the target is on the disk; `unsynced` is when the client ended: ours has synced by then,
the others have not. ours-tls is the same between machines' addresses: TLS, an account, a ticket. Claims are
ratios within one run; the machine should have nothing else to do.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import contestants
from measure import GIB, run

NAMES = ["iperf3", "curl", "aria2", "aria2x4", "rsync", "libtorrent", "ours", "ours-tls"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=float, default=2, help="GiB of the large file [2]")
    parser.add_argument("--small", type=int, default=50_000, help="number of small files, 1 to 16 KiB [50000]")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each, of which the best counts [2]")
    parser.add_argument("--only", default=",".join(NAMES), help=f"some of {','.join(NAMES)}")
    parser.add_argument("--memory", default="/dev/shm", help="a folder in memory [/dev/shm]")
    parser.add_argument("--disk", default="/var/tmp", help="a folder on a disk [/var/tmp]")
    for part in ("disk", "small", "hash", "stages"):
        parser.add_argument(f"--no-{part}", action="store_true")
    return parser.parse_args()


def make_file(path, size):
    with open(path, "wb") as out:
        for _ in range(0, size, 1 << 24):
            out.write(random.randbytes(1 << 24))


def make_tree(folder, count):
    generator = random.Random(6)
    for number in range(count):
        below = os.path.join(folder, f"{number // 500:03}")
        os.makedirs(below, exist_ok=True)
        with open(os.path.join(below, f"{number:05}.dat"), "wb") as out:
            out.write(generator.randbytes(generator.randint(1024, 16 * 1024)))


def clear(path):
    shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)


class Contest:
    def __init__(self, options, folder, work, log):
        self.options, self.folder, self.work = options, folder, work
        only = set(options.only.split(","))
        self.servers, self.clients = {}, {}
        if "ours" in only:
            self.ours = self.servers["ours"] = contestants.Ours(folder, work, log)
            self.clients["ours"] = lambda place: self.ours.file(f"{place}/ours.bin")
        if "ours-tls" in only:
            self.tls = self.servers["ours-tls"] = contestants.Ours(folder, work, log, tls=True)
            self.clients["ours-tls"] = lambda place: self.tls.file(f"{place}/ours-tls.bin")
        if only & {"curl", "aria2", "aria2x4"}:
            nginx = self.servers["curl"] = self.servers["aria2"] = self.servers["aria2x4"] = contestants.Nginx(folder, work, log)
            self.clients["curl"] = lambda place: nginx.curl(f"{place}/curl.bin")
            self.clients["aria2"] = lambda place: nginx.aria2(f"{place}/aria2.bin", 1)
            self.clients["aria2x4"] = lambda place: nginx.aria2(f"{place}/aria2x4.bin", 4)
        if "rsync" in only:
            self.rsync = self.servers["rsync"] = contestants.Rsync(folder, work, log)
            self.clients["rsync"] = lambda place: self.rsync.file(f"{place}/rsync.bin")
        if "libtorrent" in only:
            torrent = self.servers["libtorrent"] = contestants.Torrent(folder, work, log)
            self.clients["libtorrent"] = torrent.fetch
        if "iperf3" in only:
            self.servers["iperf3"] = contestants.Iperf(log)
        self.only = [name for name in NAMES if name in only]

    def close(self):
        for own in ("ours", "tls"):
            if hasattr(self, own):
                getattr(self, own).stop()
        for server in {id(s): s for s in self.servers.values()}.values():
            server.process.terminate()
            server.process.wait()

    def fetch(self, name, place, size, stages=False):
        environment = self.servers[name].environment if name.startswith("ours") else None
        best = None
        for _ in range(self.options.rounds):
            target = f"{place}/big.bin" if name == "libtorrent" else f"{place}/{name}.bin"
            clear(target)
            result = run(name, self.clients[name](place), self.servers[name].process, size, target, environment, stages)
            if subprocess.run(["cmp", "-s", target, f"{self.folder}/big.bin"]).returncode != 0:
                raise SystemExit(f"{name} fetched something else.")
            clear(target)
            best = result if best is None or result.seconds < best.seconds else best
        return best

    def large(self, place, title, size, stages=False):
        print(f"\n{title}\n{'':12}{'MB/s':>8}{'seconds':>9}{'unsynced':>10}   CPU seconds a GiB: client, server")
        results = {}
        for name in self.only:
            if name == "iperf3":
                if stages:
                    show(run(name, contestants.Iperf.client(size), self.servers[name].process, size, None))
                continue
            results[name] = self.fetch(name, place, size)
            show(results[name])
        for ours, other in (("ours", "curl"), ("ours", "rsync"), ("ours", "libtorrent"), ("ours-tls", "ours")):
            if ours in results and other in results:
                print(f"  {ours} / {other}: {results[ours].rate / results[other].rate:.2f}")
        if stages and "ours" in results and not self.options.no_stages:
            show_stages(self.fetch("ours", place, size, stages=True))

    def small(self, place, title):
        size = sum(e.stat().st_size for d in os.scandir(f"{self.folder}/small") for e in os.scandir(d))
        print(f"\n{title}\n{'':12}{'files/s':>8}{'seconds':>9}{'unsynced':>10}")
        seconds = {}
        for name in [n for n in ("rsync", "ours") if n in self.only]:
            target = f"{place}/{name}-small"
            clear(target)
            os.mkdir(target)
            client = self.ours.tree(self.folder, target) if name == "ours" else self.rsync.tree(target)
            result = run(name, client, self.servers[name].process, size, target, self.ours.environment if name == "ours" else None)
            if subprocess.run(["diff", "-rq", f"{self.folder}/small", f"{target}/small"]).returncode != 0:
                raise SystemExit(f"{name} fetched something else.")
            clear(target)
            seconds[name] = result.seconds
            print(f"  {name:10}{self.options.small / result.seconds:>8.0f}{result.seconds:>9.2f}{result.ended:>10.2f}   client {result.client:.1f} s, server {result.server:.1f} s of CPU")
        if len(seconds) == 2:
            print(f"  ours / rsync: {seconds['rsync'] / seconds['ours']:.2f}")


def show(result):
    per = result.size / GIB
    print(f"  {result.name:10}{result.rate:>8.0f}{result.seconds:>9.2f}{result.ended:>10.2f}   {result.client / per:.2f}, {result.server / per:.2f}", flush=True)


def show_stages(result):
    per = result.size / GIB
    print("  where ours spends CPU, seconds a GiB (sampled, so a little slower than above)")
    for side, counts in result.stages.items():
        line = ", ".join(f"{stage} {seconds / per:.2f}" for stage, seconds in counts.most_common() if seconds / per >= 0.01)
        print(f"    {side}: {line}")


def hashing(ours, file, size):
    print("\nHashing, both cores, GB/s")
    output = subprocess.run(
        ["openssl", "speed", "-multi", "2", "-seconds", "3", "-bytes", "16384", "-evp", "sha256"], capture_output=True, text=True).stdout
    openssl = float(re.findall(r"^\S*sha256\s+([\d.]+)k", output, re.M | re.I)[-1]) * 1000
    project = os.path.join(contestants.HERE, "Hashing")
    output = subprocess.run(["dotnet", "run", "-c", "Release", "--project", project, "--", "2", file], capture_output=True, text=True, check=True).stdout
    memory, cache = (float(n) for n in output.split())
    print(f"  openssl speed {openssl / 1e9:.2f}; ours from memory {memory / 1e9:.2f} ({memory / openssl:.2f}), from the page cache {cache / 1e9:.2f} ({cache / openssl:.2f})")


def main():
    options = arguments()
    size = int(options.size * GIB) // (1 << 24) * (1 << 24)
    memory = tempfile.mkdtemp(prefix="transfers-", dir=options.memory)
    disk = tempfile.mkdtemp(prefix="transfers-", dir=options.disk)
    folder = os.path.join(memory, "shared")
    contest = None
    try:
        os.mkdir(folder)
        make_file(f"{folder}/big.bin", size)
        if not options.no_small:
            make_tree(f"{folder}/small", options.small)
        with open(os.path.join(disk, "log"), "w") as log:
            contest = Contest(options, folder, disk, log)
            for name in [n for n in ("ours", "ours-tls") if n in contest.servers]:
                contest.servers[name].wait_for("big.bin")
                if not options.no_small:
                    contest.servers[name].wait_for(f"{options.small - 1:05}.dat")
            contest.large(memory, f"{options.size:g} GiB into memory", size, stages=True)
            if not options.no_disk:
                contest.large(disk, f"{options.size:g} GiB to a disk, synced", size)
            if not options.no_small:
                contest.small(memory, f"{options.small} files of 1 to 16 KiB into memory")
                if not options.no_disk:
                    contest.small(disk, f"{options.small} files of 1 to 16 KiB to a disk, synced")
            if not options.no_hash:
                hashing(None, f"{folder}/big.bin", size)
    finally:
        if contest:
            contest.close()
        shutil.rmtree(memory, ignore_errors=True)
        shutil.rmtree(disk, ignore_errors=True)


if __name__ == "__main__":
    sys.path.insert(0, contestants.HERE)
    main()
