"""Calls interop.proto's server in every way. Arguments: the folder with the generated stubs, the server's host:port."""
import sys

import grpc

sys.path.insert(0, sys.argv[1])
import interop_pb2 as pb
import interop_pb2_grpc


def status_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


def empty_unary(stub):
    assert stub.Unary(pb.InteropRequest()).count == 1


def large_unary(stub):
    answer = stub.Unary(pb.InteropRequest(payload=bytes(271828), response_size=314159))
    assert len(answer.payload) == 314159 and answer.total_size == 271828


def client_streaming(stub):
    sizes = [27182, 8, 1828, 45904]
    answer = stub.ClientStream(pb.InteropRequest(payload=bytes(size)) for size in sizes)
    assert answer.count == 4 and answer.total_size == sum(sizes)


def server_streaming(stub):
    answers = list(stub.ServerStream(pb.InteropRequest(count=100, response_size=5000)))
    assert len(answers) == 100 and all(len(answer.payload) == 5000 for answer in answers)


def ping_pong(stub):
    for count, answer in enumerate(stub.Duplex(pb.InteropRequest(payload=b"x" * size) for size in [1, 0, 70000])):
        assert len(answer.payload) == [1, 0, 70000][count]


def empty_stream(stub):
    assert not list(stub.Duplex(iter([])))


def compressed_unary(stub):
    answer = stub.Unary(pb.InteropRequest(payload=bytes(100000)), compression=grpc.Compression.Gzip)
    assert len(answer.payload) == 100000


def custom_metadata(stub):
    sent = (("echo-ascii", "value"), ("echo-binary-bin", b"\x00\xff\xab"))
    answer, call = stub.EchoMetadata.with_call(pb.InteropRequest(), metadata=sent)
    for received in (call.initial_metadata(), call.trailing_metadata()):
        assert dict(received)["echo-ascii"] == "value"
        assert dict(received)["echo-binary-bin"] == b"\x00\xff\xab"


def special_status_message(stub):
    text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    assert status_of(lambda: stub.Fail(pb.InteropRequest(fail_code=2, fail_message=text))) == (grpc.StatusCode.UNKNOWN, text)


def unimplemented(stub):
    assert status_of(lambda: stub.NotBuilt(pb.InteropRequest()))[0] == grpc.StatusCode.UNIMPLEMENTED


def timeout_on_sleeping_server(stub):
    assert status_of(lambda: stub.Sleep(pb.InteropRequest(), timeout=0.2))[0] == grpc.StatusCode.DEADLINE_EXCEEDED


def message_over_the_limit(stub):
    over = pb.InteropRequest(payload=bytes(5 << 20))
    assert status_of(lambda: stub.Unary(over))[0] == grpc.StatusCode.RESOURCE_EXHAUSTED


CASES = [
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, compressed_unary, custom_metadata,
    special_status_message, unimplemented, timeout_on_sleeping_server, message_over_the_limit,
]

with grpc.insecure_channel(sys.argv[2]) as channel:
    for case in CASES:
        print(case.__name__, flush=True)
        case(interop_pb2_grpc.InteropStub(channel))
print(f"{len(CASES)} cases passed")
