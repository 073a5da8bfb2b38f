// The benchmark's Echo served by @grpc/grpc-js: says its port, then waits. Arguments: folder of node modules, proto file, include folder.
const [modules, proto, include] = process.argv.slice(2);
const grpc = require(modules + '/@grpc/grpc-js');
const loader = require(modules + '/@grpc/proto-loader');
const { bench } = grpc.loadPackageDefinition(loader.loadSync(proto, { includeDirs: [include] }));
const server = new grpc.Server();
server.addService(bench.v1.Bench.service, {
  Echo: (call, done) => done(null, { text: call.request.text, number: call.request.number }),
  Download: (call) => call.end(),
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.on('end', () => process.exit()).resume();
