#!/usr/bin/env python3
"""1,000 slow clients and a good one: prints the good one's p50 and p99 alone, beside them, and alone again.

Half of the slow ones ask for a large stream and never read it; the others send their request a byte a second.
"""
import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

from run import BENCH, HERE, Server

SLOW = 1000
ROUNDS = 3
ECHO = "/bench.v1.Bench/Echo"
CALLS = 3000 if "--quick" in sys.argv else 10_000


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def headers(path):
    fields = ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "slow"), ("content-type", "application/grpc"), ("te", "trailers"))
    return b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields)


def open_call(port, path):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 4, 1, headers(path)))
    return connection


class SlowClients:
    def __init__(self, port):
        self.port = port
        # DownloadRequest { length: 65536, count: 1000000 }: what is never read.
        request = bytes.fromhex("0000000008" + "08808004" + "10c0843d")
        self.readers = [open_call(port, "/bench.v1.Bench/Download") for _ in range(SLOW // 2)]
        for connection in self.readers:
            connection.sendall(frame(0, 1, 1, request))
        self.writers = [open_call(port, ECHO) for _ in range(SLOW // 2)]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()

    def drip(self):
        # The server ends what is slower than its least rate; whoever is ended comes back.
        while not self.over.wait(1):
            for index, connection in enumerate(self.writers):
                try:
                    connection.sendall(frame(0, 0, 1, b"\0"))
                except OSError:
                    connection.close()
                    self.writers[index] = open_call(self.port, ECHO)

    def stop(self):
        self.over.set()
        self.thread.join()
        for connection in self.readers + self.writers:
            connection.close()


def latency(server):
    rounds = [time_calls(server) for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds)]


def time_calls(server):
    output = subprocess.run([BENCH, "time", f"http://127.0.0.1:{server.ports[0]}", str(CALLS)], capture_output=True, text=True, check=True).stdout
    return [float(number) for number in output.split()]


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, max(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    subprocess.run(["dotnet", "build", os.path.join(HERE, "Bench"), "-c", "Release", "-v", "q", "-nologo"], check=True)
    server = Server(BENCH, "serve", "ours")
    try:
        latency(server)
        before = latency(server)
        slow = SlowClients(server.ports[0])
        time.sleep(2)
        beside = latency(server)
        slow.stop()
        after = latency(server)
    finally:
        server.stop()
    for name, (p50, p99) in (("alone", before), (f"beside {SLOW} slow clients", beside), ("alone again", after)):
        print(f"{name:28} p50 {p50:8.0f} us   p99 {p99:8.0f} us")
    print(f"p99 beside slow clients: {beside[1] / max(1, (before[1] + after[1]) / 2):.2f} of alone")


if __name__ == "__main__":
    main()
