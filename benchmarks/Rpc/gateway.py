"""Builds and starts grpc-go behind grpc-gateway, from Debian's packages alone."""
import os
import shutil
import subprocess
import sys

SOURCES = "/usr/share/gocode"
PACKAGES = ("golang-go golang-grpc-gateway golang-github-grpc-ecosystem-grpc-gateway-dev golang-google-grpc-dev golang-goprotobuf-dev "
            "protobuf-compiler")


def start(here, server):
    """A list of the one process, or an empty one where the packages are missing."""
    if not shutil.which("go") or not shutil.which("protoc-gen-grpc-gateway"):
        print(f"grpc-gateway is not installed: apt-get install --no-install-recommends {PACKAGES}", file=sys.stderr)
        return []
    folder = os.path.join(here, "Bench", "obj", "gateway")
    program = os.path.join(folder, "gateway")
    peers = os.path.join(here, "Peers")
    if not os.path.exists(program):
        for part in ("bench", "main"):
            os.makedirs(os.path.join(folder, "src", part), exist_ok=True)
        shutil.copy(os.path.join(peers, "gateway.go"), os.path.join(folder, "src", "main", "main.go"))
        bench = os.path.join(folder, "src", "bench")
        google = os.path.join(SOURCES, "src/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis")
        subprocess.run(["protoc", "-I", peers, "-I", google, f"--go_out=plugins=grpc:{bench}", f"--grpc-gateway_out={bench}",
                        "gateway.proto"], check=True)
        subprocess.run(["go", "build", "-o", program, "./src/main"], cwd=folder, check=True,
                       env={**os.environ, "GO111MODULE": "off", "GOPATH": f"{folder}:{SOURCES}"})
    return [server(program)]
