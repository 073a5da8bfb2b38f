#!/usr/bin/python3
"""libtorrent with BitTorrent v2 only: makes a torrent, seeds it, or fetches it from one seed."""
import sys
import time

import libtorrent as lt

SETTINGS = {
    "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True, "in_enc_policy": 2, "out_enc_policy": 2,
    "enable_incoming_utp": False, "enable_outgoing_utp": False,
}


def make(file, torrent):
    storage = lt.file_storage()
    lt.add_files(storage, file)
    created = lt.create_torrent(storage, 0, lt.create_torrent.v2_only)
    lt.set_piece_hashes(created, file.rsplit("/", 1)[0])
    with open(torrent, "wb") as out:
        out.write(lt.bencode(created.generate()))


def session(port):
    return lt.session({**SETTINGS, "listen_interfaces": f"127.0.0.1:{port}"})


def add(to, torrent, folder, seed):
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(torrent)
    params.save_path = folder
    params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
    if seed:
        params.flags |= lt.torrent_flags.seed_mode
    return to.add_torrent(params)


def main():
    role, torrent, folder, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    if role == "make":
        make(folder, torrent)
        return
    mine = session(port if role == "seed" else port + 1)
    handle = add(mine, torrent, folder, role == "seed")
    if role == "seed":
        print("ready", flush=True)
        while True:
            time.sleep(60)
    handle.connect_peer(("127.0.0.1", port))
    while not handle.status().is_seeding:
        time.sleep(0.02)
    # Leaves nothing of it in memory only.
    handle.flush_cache()


if __name__ == "__main__":
    main()
