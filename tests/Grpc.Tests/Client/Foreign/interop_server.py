"""The Interop service on grpcio. Arguments: the folder of the generated stubs. Prints its port."""
import sys
import threading
import time
from concurrent import futures

import grpc

sys.path.insert(0, sys.argv[1])
import interop_pb2 as messages  # noqa: E402
import interop_pb2_grpc as stubs  # noqa: E402

CODES = {code.value[0]: code for code in grpc.StatusCode}


def answer(request, context):
    if request.sleep_milliseconds:
        time.sleep(request.sleep_milliseconds / 1000)
    if request.HasField("fail_code"):
        context.abort(CODES[request.fail_code], request.fail_message)
    payload = bytes(request.response_size) if request.response_size else request.payload
    return messages.InteropResponse(payload=payload)


class Interop(stubs.InteropServicer):
    def Unary(self, request, context):
        return answer(request, context)

    def ClientStream(self, requests, context):
        count = total = 0
        for request in requests:
            count += 1
            total += len(request.payload)
        return messages.InteropResponse(count=count, total_size=total)

    def ServerStream(self, request, context):
        for index in range(request.count):
            yield messages.InteropResponse(payload=bytes(request.response_size), count=index)
        if request.HasField("fail_code"):
            context.abort(CODES[request.fail_code], request.fail_message)

    def Duplex(self, requests, context):
        for request in requests:
            yield answer(request, context)

    def Sleep(self, request, context):
        over = threading.Event()
        context.add_callback(over.set)
        over.wait()
        return messages.InteropResponse()

    def Fail(self, request, context):
        context.set_trailing_metadata([pair for pair in context.invocation_metadata() if pair[0].startswith("trailer-echo")])
        context.abort(CODES[request.fail_code], request.fail_message)

    def EchoMetadata(self, request, context):
        received = context.invocation_metadata()
        echo = [pair for pair in received if pair[0].startswith("echo-")]
        context.send_initial_metadata(echo)
        context.set_trailing_metadata(echo)
        text = {key: value for key, value in received if not key.endswith("-bin")}
        return messages.InteropResponse(metadata=text)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), compression=grpc.Compression.Gzip)
stubs.add_InteropServicer_to_server(Interop(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"port {port}", flush=True)
server.wait_for_termination()
