"""The interop cases of the gRPC project, by grpcio against interop.proto's server. Arguments: the folder with the generated stubs, the
server's host:port. Prints a line for each case: "ok NAME" or "failed NAME: why"."""
import sys
import threading
import traceback

import grpc

sys.path.insert(0, sys.argv[1])
import interop_pb2 as pb
import interop_pb2_grpc

SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
ECHO = (("echo-ascii", "value, with comma"), ("echo-binary-bin", b"\x00\xff\xab"))
SIZES = [27182, 8, 1828, 45904]


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
    answer = stub.ClientStream(pb.InteropRequest(payload=bytes(size)) for size in SIZES)
    assert answer.count == 4 and answer.total_size == sum(SIZES)


def server_streaming(stub):
    answers = list(stub.ServerStream(pb.InteropRequest(count=100, response_size=5000)))
    assert len(answers) == 100 and all(len(answer.payload) == 5000 for answer in answers)


def ping_pong(stub):
    for count, answer in enumerate(stub.Duplex(pb.InteropRequest(payload=b"x" * size) for size in [1, 0, 70000])):
        assert len(answer.payload) == [1, 0, 70000][count]


def empty_stream(stub):
    assert not list(stub.Duplex(iter([])))


def cancel_after_begin(stub):
    over = threading.Event()
    call = stub.ClientStream.future(waiting(over))
    call.cancel()
    over.set()
    assert call.code() == grpc.StatusCode.CANCELLED


def waiting(over):
    over.wait()
    yield pb.InteropRequest()


def cancel_after_first_response(stub):
    call = stub.Duplex(endless())
    next(call)
    call.cancel()
    assert status_of(lambda: next(call))[0] == grpc.StatusCode.CANCELLED


def endless():
    while True:
        yield pb.InteropRequest(payload=b"x")


def timeout_on_sleeping_server(stub):
    assert status_of(lambda: stub.Sleep(pb.InteropRequest(), timeout=0.2))[0] == grpc.StatusCode.DEADLINE_EXCEEDED


def status_code_and_message(stub):
    for code in grpc.StatusCode:
        number = code.value[0]
        if number:
            request = pb.InteropRequest(fail_code=number, fail_message="test status message")
            assert status_of(lambda: stub.Unary(request)) == (code, "test status message"), code
            assert status_of(lambda: list(stub.Duplex(iter([request])))) == (code, "test status message"), code


def special_status_message(stub):
    assert status_of(lambda: stub.Fail(pb.InteropRequest(fail_code=2, fail_message=SPECIAL))) == (grpc.StatusCode.UNKNOWN, SPECIAL)


def unimplemented_method(stub):
    assert status_of(lambda: stub.NotBuilt(pb.InteropRequest()))[0] == grpc.StatusCode.UNIMPLEMENTED


def unimplemented_service(_):
    call = channel.unary_unary("/no.such.Service/Method", pb.InteropRequest.SerializeToString, pb.InteropResponse.FromString)
    assert status_of(lambda: call(pb.InteropRequest()))[0] == grpc.StatusCode.UNIMPLEMENTED


def custom_metadata(stub):
    _, call = stub.EchoMetadata.with_call(pb.InteropRequest(), metadata=ECHO)
    stream = stub.Duplex(iter([pb.InteropRequest()]), metadata=ECHO)
    list(stream)
    for received in (call.initial_metadata(), call.trailing_metadata(), stream.initial_metadata(), stream.trailing_metadata()):
        assert all(dict(received)[key] == value for key, value in ECHO), received


def client_compressed_unary(stub):
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate, grpc.Compression.NoCompression):
        assert stub.Unary(pb.InteropRequest(payload=bytes(100000)), compression=compression).total_size == 100000


def server_compressed_unary(stub):
    assert len(stub.Unary(pb.InteropRequest(response_size=100000)).payload) == 100000


def client_compressed_streaming(stub):
    answer = stub.ClientStream((pb.InteropRequest(payload=bytes(size)) for size in SIZES), compression=grpc.Compression.Gzip)
    assert answer.count == 4 and answer.total_size == sum(SIZES)


def server_compressed_streaming(stub):
    answers = list(stub.ServerStream(pb.InteropRequest(count=4, response_size=50000)))
    assert [len(answer.payload) for answer in answers] == [50000] * 4


CASES = [
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, cancel_after_begin, cancel_after_first_response,
    timeout_on_sleeping_server, status_code_and_message, special_status_message, unimplemented_method, unimplemented_service,
    custom_metadata, client_compressed_unary, server_compressed_unary, client_compressed_streaming, server_compressed_streaming,
]

with grpc.insecure_channel(sys.argv[2]) as channel:
    for case in CASES:
        try:
            case(interop_pb2_grpc.InteropStub(channel))
            print("ok " + case.__name__, flush=True)
        except Exception:  # Whatever it is, it is told, and the other cases run.
            print(f"failed {case.__name__}: {traceback.format_exc()!r}", flush=True)
