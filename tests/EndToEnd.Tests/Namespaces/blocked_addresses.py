"""Listens on every kind of address that must never be dialled, and names them all in logins and downloads.

usage: blocked_addresses.py HOST PORT COUNT PUBLIC_IP
Prints as JSON how many connections came, by address, and how many answers of each kind there were.
"""

import collections
import http.client
import json
import socket
import sys
import threading

# What a login names, where the listener is, and its port; None where nothing can listen.
BLOCKED = [
    ("127.0.0.1", "127.0.0.1", 6001),
    ("::ffff:127.0.0.1", None, 6001),
    ("localhost", None, 6001),
    ("127.0.0.2", "127.0.0.2", 6001),
    ("::1", "::1", 6001),
    ("169.254.169.254", "169.254.169.254", 6001),
    ("::ffff:169.254.169.254", None, 6001),
    ("169.254.7.7", "169.254.7.7", 6001),
    ("fe80::5", "fe80::5%veth0", 6001),
    ("100.100.100.200", "100.100.100.200", 6001),
    ("168.63.129.16", "168.63.129.16", 6001),
    ("192.0.0.192", "192.0.0.192", 6001),
    ("192.0.0.8", "192.0.0.8", 6001),
    ("fd00:ec2::254", "fd00:ec2::254", 6001),
    ("224.0.0.1", None, 6001),
    ("ff02::1", None, 6001),
    ("255.255.255.255", None, 6001),
    ("240.0.0.1", "240.0.0.1", 6001),
    # Whoever dials these reaches this machine.
    ("0.0.0.0", "0.0.0.0", 6002),
    ("::", "::", 6003),
    ("64:ff9b::7f00:1", "64:ff9b::7f00:1", 6001),
    ("64:ff9b:1::7f00:1", "64:ff9b:1::7f00:1", 6001),
    ("2001::7f00:1", "2001::7f00:1", 6001),
    ("2002:7f00:1::", "2002:7f00:1::", 6001),
    ("::7f00:1", None, 6001),
]


class Listener:
    def __init__(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind(socket.getaddrinfo(address, port, family)[0][4])
        self.socket.listen(512)
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            self.connections += 1
            connection.close()


class Directory:
    def __init__(self, host, port):
        self.connection = http.client.HTTPConnection(host, port, timeout=60)
        self.answers = collections.Counter()

    def post(self, path, body):
        self.connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.answers[f"{path} {answer.status}"] += 1
        return answer.status, text


def main():
    host, port, count, public = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    named = BLOCKED + [(public, public, 80)]
    listeners = {f"{address} {port}": Listener(address, port) for _, address, port in named if address}
    control = Listener(public, 6004)
    directory = Directory(host, port)
    for i in range(count):
        ip, _, there = named[i % len(named)]
        url_host = f"[{ip}]" if ":" in ip else ip
        url = f"http://{url_host}:{there}"
        directory.post("/login", {"user": f"user{i % 50}", "password": "per1234", "ip": ip, "url": url, "archivos": "a.txt"})
        directory.post("/descargar", {"archivo": "a.txt", "ip": ip, "url": url})

    blocked = dict(directory.answers)
    # One that may be dialled, so that this would have shown it.
    status, text = directory.post("/login", {"user": "good", "password": "per1234", "ip": public, "port": 6004, "archivos": "a.txt"})
    print(json.dumps({
        "connections": {name: listener.connections for name, listener in listeners.items()},
        "answers": blocked,
        "control": control.connections,
        "controlReachable": json.loads(text).get("reachable", False) if status == 200 else text,
    }))


main()
