#!/usr/bin/python3
"""libtorrent in a crowd: every peer is told all the others, and serves until it is killed. BitTorrent v2 only."""
import os
import sys
import time

import libtorrent as lt

from torrent import SETTINGS, add, make

PORT = 17200


def main():
    role, torrent, folder = sys.argv[1:4]
    if role == "make":
        make(folder, torrent)
        return
    address, peers = sys.argv[4], sys.argv[5:]
    session = lt.session({**SETTINGS, "listen_interfaces": f"{address}:{PORT}"})
    handle = add(session, torrent, folder, role == "seed")
    told, done = 0, f"{folder}/done"
    while True:
        # Those that are not up yet are told again.
        if told % 20 == 0:
            for peer in peers:
                handle.connect_peer((peer, PORT))
        told += 1
        if role == "fetch" and not os.path.exists(done) and handle.status().is_seeding:
            handle.flush_cache()
            os.close(os.open(done, os.O_CREAT))
        time.sleep(0.05)


main()
