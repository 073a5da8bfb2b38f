// The benchmark's Echo served by grpc-go, and as JSON by grpc-gateway in the same process: says the port of the JSON side, then waits.
package main

import (
	"bench"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"
)

type echo struct{}

func (echo) Echo(_ context.Context, request *bench.EchoRequest) (*bench.EchoResponse, error) {
	return &bench.EchoResponse{Text: request.Text, Number: request.Number}, nil
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return listener
}

func main() {
	calls, web := listen(), listen()
	server := grpc.NewServer()
	bench.RegisterBenchServer(server, echo{})
	go server.Serve(calls)
	gateway := runtime.NewServeMux()
	options := []grpc.DialOption{grpc.WithInsecure()}
	if err := bench.RegisterBenchHandlerFromEndpoint(context.Background(), gateway, calls.Addr().String(), options); err != nil {
		panic(err)
	}
	go http.Serve(web, gateway)
	fmt.Println(calls.Addr().(*net.TCPAddr).Port, web.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
}
