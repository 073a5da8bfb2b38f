"""Servers of the same folder: ours, and what people use instead. Everything listens on 127.0.0.1."""
import os
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PORT = 17100


def wait_for(what, seconds=60):
    for _ in range(seconds * 20):
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit("A server did not become ready.")


def start(command, log, environment=None):
    return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)


class Nginx:
    def __init__(self, folder, work, log):
        config = os.path.join(work, "nginx.conf")
        with open(config, "w") as out:
            out.write(f"""
daemon off; user root; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.err;
events {{ worker_connections 64; }}
http {{ access_log off; sendfile on; tcp_nopush on; server {{ listen 127.0.0.1:{PORT}; root {folder}; }} }}
""")
        self.process = start(["nginx", "-c", config, "-p", work], log)
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{PORT}/big.bin").read(1))

    def curl(self, target):
        return ["curl", "-sS", "-o", target, f"http://127.0.0.1:{PORT}/big.bin"]

    def aria2(self, target, connections):
        folder, name = os.path.split(target)
        return ["aria2c", "-q", f"-x{connections}", f"-s{connections}", "--file-allocation=falloc", "--allow-overwrite=true",
                "-d", folder, "-o", name, f"http://127.0.0.1:{PORT}/big.bin"]


class Rsync:
    def __init__(self, folder, work, log):
        config = os.path.join(work, "rsyncd.conf")
        with open(config, "w") as out:
            out.write(f"use chroot = no\nlock file = {work}/rsync.lock\n[all]\npath = {folder}\nuid = root\ngid = root\n")
        self.process = start(["rsync", "--daemon", "--no-detach", f"--port={PORT + 1}", "--address=127.0.0.1", f"--config={config}"], log)
        wait_for(lambda: subprocess.run(["rsync", f"rsync://127.0.0.1:{PORT + 1}/"], capture_output=True).returncode == 0)

    def file(self, target):
        return ["rsync", "-W", "--inplace", f"rsync://127.0.0.1:{PORT + 1}/all/big.bin", target]

    def tree(self, target):
        return ["rsync", "-rt", "-W", f"rsync://127.0.0.1:{PORT + 1}/all/small", target]


class Torrent:
    def __init__(self, folder, work, log):
        self.torrent = os.path.join(work, "big.torrent")
        script = os.path.join(HERE, "torrent.py")
        subprocess.run(["/usr/bin/python3", script, "make", self.torrent, f"{folder}/big.bin", "0"], check=True)
        self.process = start(["/usr/bin/python3", script, "seed", self.torrent, folder, str(PORT + 2)], log)
        time.sleep(2)

    def fetch(self, folder):
        return ["/usr/bin/python3", os.path.join(HERE, "torrent.py"), "fetch", self.torrent, folder, str(PORT + 2)]


class Iperf:
    def __init__(self, log):
        self.process = start(["iperf3", "-s", "-p", str(PORT + 4), "-B", "127.0.0.1"], log)
        time.sleep(0.5)

    @staticmethod
    def client(size):
        return ["iperf3", "-c", "127.0.0.1", "-p", str(PORT + 4), "-n", str(size)]


class Ours:
    """A directory and a peer that shares the folder; `get` is a third process."""

    def __init__(self, folder, work, log):
        self.environment = {**os.environ, "P2P_DATA": os.path.join(work, "peer"), "P2P_USER": "bench", "P2P_PASSWORD": "bench-password",
                            "P2P_DIRECTORY": f"http://127.0.0.1:{PORT + 6}", "DOTNET_PerfMapEnabled": "0"}
        for project in ("Server", "Peer"):
            subprocess.run(["dotnet", "build", f"{ROOT}/{project}", "-c", "Release", "-v", "q", "-nologo"], check=True, stdout=sys.stderr)
        self.peer = f"{ROOT}/Peer/bin/Release/net10.0/peer"
        server = f"{ROOT}/Server/bin/Release/net10.0/p2p-directory"
        self.directory = start([server, "--urls", f"http://127.0.0.1:{PORT + 6}", "--data", os.path.join(work, "directory")], log)
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{PORT + 6}/openapi/v1.json").status == 200)
        self.process = start([self.peer, "share", folder, "--port", str(PORT + 7)], log, self.environment)

    def stop(self):
        self.directory.terminate()

    def wait_for(self, name):
        wait_for(lambda: subprocess.run([self.peer, "search", name], capture_output=True, env=self.environment).returncode == 0, 600)

    def status(self):
        return subprocess.run([self.peer, "status"], capture_output=True, text=True, env=self.environment).stdout

    def file(self, target):
        return [self.peer, "get", "big.bin", "-o", target, "--json"]

    def tree(self, folder, target):
        return [self.peer, "get", "--from", "bench", f"{os.path.basename(folder)}/small", "-o", target + "/", "--json"]
