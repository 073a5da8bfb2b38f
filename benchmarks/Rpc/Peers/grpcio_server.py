"""The benchmark's Echo served by python3-grpcio, without generated code: says its port, then waits."""
import sys
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
file = descriptor_pb2.FileDescriptorProto(name="echo.proto", package="bench.v1", syntax="proto3")
for name in ("EchoRequest", "EchoResponse"):
    message = file.message_type.add(name=name)
    message.field.add(name="text", number=1, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
    message.field.add(name="number", number=2, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL)
pool = descriptor_pool.DescriptorPool()
pool.Add(file)


def message_class(name):
    found = pool.FindMessageTypeByName("bench.v1." + name)
    get = getattr(message_factory, "GetMessageClass", None)
    return get(found) if get else message_factory.MessageFactory(pool).GetPrototype(found)


Request, Response = message_class("EchoRequest"), message_class("EchoResponse")


def echo(request, _):
    return Response(text=request.text, number=request.number)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.v1.Bench", {
    "Echo": grpc.unary_unary_rpc_method_handler(echo, Request.FromString, Response.SerializeToString),
}),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
