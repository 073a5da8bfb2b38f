#!/usr/bin/env python3
"""Measures Grpc/ beside controls, each server and client in a process of its own, and prints the ratios. One command, no arguments.

CPU is utime + stime of /proc/PID/stat. Contestants take turns, round after round, so that what else the machine does meets them
all; a ratio is that of the medians. Needs h2load (nghttp2-client), wrk and the .NET SDK; python3-grpcio, grpc-js and a Go compiler
with grpc-gateway if their lines are wanted.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import gateway

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BENCH = os.path.join(HERE, "Bench", "bin", "Release", "net10.0", "Bench")
MODULES = os.path.join(ROOT, "tests", "tools", "node_modules")
TICK = os.sysconf("SC_CLK_TCK")
QUICK = "--quick" in sys.argv
ROUNDS = 2 if QUICK else 5
CALLS = 10_000 if QUICK else 40_000
SECONDS = 2 if QUICK else 4
STREAMED = (128 if QUICK else 768) * 1024 * 1024
MIB = 1024 * 1024

MESSAGE = b"\x0a\x20" + b"x" * 32 + b"\x10\xb9\x60"
FRAME = bytes([0, 0, 0, 0, len(MESSAGE)]) + MESSAGE
JSON = '{"text":"' + "x" * 32 + '","number":12345}'


class Server:
    """A process that says its ports in its first line."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self.process.stdout.readline().split()
        if not self.ports:
            raise RuntimeError(f"{command} did not start")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def collector(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        allocated, collections = self.process.stdout.readline().split()
        return int(allocated), int(collections)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def h2load(port, calls, body, *more):
    """Calls over HTTP/2; fails unless every one was answered 200."""
    output = subprocess.run(
        ["h2load", "-n", str(calls), "-c", "4", "-m", "16", "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers", *more,
         f"http://127.0.0.1:{port}/bench.v1.Bench/Echo"], capture_output=True, text=True, check=True).stdout
    if f"{calls} succeeded" not in output or f"{calls} 2xx" not in output:
        raise RuntimeError(output)


def unary(contestants, frame):
    """Server CPU in microseconds a call, by name; and bytes allocated a call by those with a collector."""
    spent = {name: [] for name in contestants}
    allocated = {}
    for server in contestants.values():
        for _ in range(2):
            h2load(server.ports[0], CALLS // 2, frame)
    for _ in range(ROUNDS):
        for name, server in contestants.items():
            before = server.cpu()
            h2load(server.ports[0], CALLS, frame)
            spent[name].append((server.cpu() - before) / CALLS * 1e6)
    for name in ("ours", "bare Kestrel"):
        before = contestants[name].collector()[0]
        h2load(contestants[name].ports[0], CALLS, frame)
        allocated[name] = (contestants[name].collector()[0] - before) / CALLS
    return {name: statistics.median(values) for name, values in spent.items()}, allocated


def wrk(port, script):
    output = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-s", script, f"http://127.0.0.1:{port}/v1/echo"],
        capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    return int(re.search(r"(\d+) requests in", output).group(1))


def json_posts(contestants, script):
    """Requests a second of server CPU, by name."""
    rates = {name: [] for name in contestants}
    for port, _ in contestants.values():
        wrk(port, script)
    for _ in range(ROUNDS):
        for name, (port, servers) in contestants.items():
            before = sum(server.cpu() for server in servers)
            requests = wrk(port, script)
            rates[name].append(requests / (sum(server.cpu() for server in servers) - before))
    return {name: statistics.median(values) for name, values in rates.items()}


def read_stream(server, length, *command):
    """CPU seconds a GiB of both processes, bytes allocated a MiB, collections of generation 2, by one reader."""
    count = STREAMED // length
    client = subprocess.Popen([BENCH, "read", *command[:1], f"http://127.0.0.1:{server.ports[0]}", str(length), str(count), *command[1:]],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    client.stdout.readline()
    cpu, (allocated, collections) = server.cpu(), server.collector()
    client.stdin.write("\n")
    client.stdin.flush()
    own, own_allocated, own_collections = client.stdout.readline().split()
    end_allocated, end_collections = server.collector()
    served = server.cpu() - cpu
    client.wait(20)
    gib = STREAMED / 1024 ** 3
    return (served / gib, float(own) / gib, (end_allocated - allocated) / (STREAMED / MIB), int(own_allocated) / (STREAMED / MIB),
            end_collections - collections + int(own_collections))


def streams(ours, bare, length):
    # The control's reader uses what is there, a few tens of KiB in the cache; a message has to lie in one piece, which "whole" shows alone.
    runs = {"bare Kestrel and HttpClient": [], "bare, whole messages": [], "ours, bytes in place": [], "ours, generated code": []}
    for _ in range(1 if QUICK else 3):
        runs["bare Kestrel and HttpClient"].append(read_stream(bare, length, "bare"))
        runs["bare, whole messages"].append(read_stream(bare, length, "bare", "whole"))
        runs["ours, bytes in place"].append(read_stream(ours, length, "ours", "in-place"))
        runs["ours, generated code"].append(read_stream(ours, length, "ours", "plain"))
    control = statistics.median(run[0] + run[1] for run in runs["bare Kestrel and HttpClient"])
    print(f"\nStreamed download, {length // 1024} KiB messages (GROUND.md: official 2.4-3.7 s/GiB of both, bare HTTP/1.1 1.2-2.0)")
    for name, values in runs.items():
        server, client, allocated, own, _ = (statistics.median(column) for column in zip(*values))
        total = statistics.median(value[0] + value[1] for value in values)
        print(f"  {name:28} server {server:5.2f}  client {client:5.2f} s/GiB  allocated {allocated:9,.0f} + {own:9,.0f} B a MiB  "
              f"gen 2: {max(value[4] for value in values)}  as fast as the control: {control / total:.2f}")


def strangers():
    """Servers of others, where they can be had."""
    found = {}
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import grpc"], capture_output=True).returncode == 0:
        found["python3-grpcio"] = Server(python, os.path.join(HERE, "Peers", "grpcio_server.py"))
    else:
        print("python3-grpcio is not installed: apt-get install python3-grpcio", file=sys.stderr)
    if os.path.isdir(os.path.join(MODULES, "@grpc")):
        found["grpc-js"] = Server("node", os.path.join(HERE, "Peers", "grpcjs_server.js"), MODULES,
                                  os.path.join(HERE, "Bench", "bench.proto"), os.path.join(ROOT, "third_party"))
    else:
        print("grpc-js is not installed: npm install --prefix tests/tools", file=sys.stderr)
    return found


def main():
    for tool in ("h2load", "wrk", "dotnet"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing: apt-get install nghttp2-client wrk, and the .NET SDK")
    subprocess.run(["dotnet", "build", os.path.join(HERE, "Bench"), "-c", "Release", "-v", "q", "-nologo"], check=True)
    servers = {name: Server(BENCH, "serve", name) for name in ("ours", "bare-unary", "bare-stream", "minimal")}
    others = strangers()
    go = gateway.start(HERE, Server)
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(servers, others, go, folder)
    finally:
        for server in (*servers.values(), *others.values(), *go):
            server.stop()


def measure(servers, others, go, folder):
    frame, script = os.path.join(folder, "frame"), os.path.join(folder, "post.lua")
    with open(frame, "wb") as file:
        file.write(FRAME)
    with open(script, "w", encoding="ascii") as file:
        file.write(f"wrk.method = 'POST'\nwrk.body = '{JSON}'\nwrk.headers['Content-Type'] = 'application/json'\n")
    contestants = {"bare Kestrel": servers["bare-unary"], "ours": servers["ours"], **others, **({"grpc-go": go[0]} if go else {})}
    cpu, allocated = unary(contestants, frame)
    print("Unary call, server CPU (GROUND.md: official 12-20 us, bare GET 9 us)")
    for name, value in cpu.items():
        print(f"  {name:28} {value:7.1f} us a call  {value / cpu['bare Kestrel']:5.2f} of the control"
              + (f"  {allocated[name]:7,.0f} B allocated a call" if name in allocated else ""))
    posts = {"minimal API": (servers["minimal"].ports[1], [servers["minimal"]]), "ours": (servers["ours"].ports[1], [servers["ours"]])}
    if go:
        posts["grpc-gateway and grpc-go"] = (go[0].ports[1], go)
    rates = json_posts(posts, script)
    print("\nJSON POST, requests a second of server CPU (GROUND.md: official 0.92 of a minimal API)")
    for name, value in rates.items():
        print(f"  {name:28} {value:9,.0f}  {1e6 / value:6.1f} us a request  {value / rates['minimal API']:5.2f} of the control")
    for length in (64 * 1024, 256 * 1024, MIB):
        streams(servers["ours"], servers["bare-stream"], length)


if __name__ == "__main__":
    main()
