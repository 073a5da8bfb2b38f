"""Servers of the same folder: ours, and what people use instead. Everything listens on 127.0.0.1."""
import os
import platform
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


def publish(project, program, *options):
    """Compiles a program as README.md says to install it."""
    machine = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}[platform.machine()]
    target = f"{ROOT}/{project}/bin/published"
    subprocess.run(["dotnet", "publish", f"{ROOT}/{project}", "-c", "Release", "-r", machine, *options, "-o", target,
                    "-v", "q", "-nologo"], check=True, stdout=sys.stderr)
    return f"{target}/{program}"


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
    """A directory and a peer that shares the folder; `get` is a third process. All as they are installed: published for this machine."""

    def __init__(self, folder, work, log, tls=False):
        # Nobody logs in to fetch from nginx or rsync; with us it takes an account only where peers serve beyond their own machine.
        name, port = ("tls", PORT + 10) if tls else ("clear", PORT + 6)
        account = {"P2P_USER": "bench", "P2P_PASSWORD": "bench-password"}
        common = {**os.environ, "P2P_DIRECTORY": f"http://127.0.0.1:{port}", "DOTNET_PerfMapEnabled": "0"}
        self.environment = {**common, **(account if tls else {}), "P2P_DATA": os.path.join(work, f"{name}-client")}
        self.peer = publish("Peer", "peer", "-p:IlcInstructionSet=native")
        server = publish("Server", "p2p-directory", "--self-contained", "false")
        self.directory = start([server, "--urls", f"http://127.0.0.1:{port}", "--data", os.path.join(work, f"{name}-directory")], log)
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi/v1.json").status == 200)
        bind = ["--bind", "0.0.0.0"] if tls else []
        owner = {**common, **account, "P2P_DATA": os.path.join(work, f"{name}-peer")}
        self.process = start([self.peer, "share", folder, "--port", str(port + 1), *bind], log, owner)

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
