"""Logs in, publishes, searches, and downloads from a peer, with stubs that protoc made."""
import hashlib
import sys

import grpc
import catalog_pb2
import catalog_pb2_grpc
import directory_pb2
import directory_pb2_grpc

directory_address, name, expected_sha256 = sys.argv[1:]
directory = directory_pb2_grpc.DirectoryStub(grpc.insecure_channel(directory_address))

session = directory.Login(directory_pb2.LoginRequest(user="python", password="per1234", ip="127.0.0.1", url="http://127.0.0.1", port=5999))
token = (("authorization", "Bearer " + session.token),)


def batches():
    for number in range(3):
        entries = [directory_pb2.FileEntry(path=f"py/{number}-{i}.txt", size=i + 1, root=f"{number * 1000 + i + 1:064x}") for i in range(500)]
        yield directory_pb2.PublishRequest(catalog_id="python-1", sequence=number + 1, upserts=entries)


published = directory.Publish(batches(), metadata=token)
assert published.file_count == 1500, published
assert published.sequence == 3, published
hits = directory.Search(directory_pb2.SearchRequest(archivo="2-499.txt")).hits
assert [hit.size for hit in hits] == [500], hits

hit = directory.Search(directory_pb2.SearchRequest(archivo=name)).hits[0]
source = hit.sources[0]
catalog = catalog_pb2_grpc.CatalogStub(grpc.insecure_channel(f"{source.ip}:{source.port}"))
description = catalog.Describe(catalog_pb2.DescribeRequest(root=hit.root, length=hit.size))
assert description.availability.complete, description
digest = hashlib.sha256()
received = 0
request = catalog_pb2.DownloadRequest(ranges=[catalog_pb2.DownloadRange(root=hit.root, length=hit.size)])
for part in catalog.Download(request):
    assert part.offset == received, (part.offset, received)
    digest.update(part.data)
    received += len(part.data)
assert received == hit.size, (received, hit.size)
assert digest.hexdigest() == expected_sha256

directory.Logout(directory_pb2.LogoutRequest(), metadata=token)
try:
    directory.Heartbeat(directory_pb2.HeartbeatRequest(), metadata=token)
    raise AssertionError("a logged-out session was renewed")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.UNAUTHENTICATED, error
print("python is content")
