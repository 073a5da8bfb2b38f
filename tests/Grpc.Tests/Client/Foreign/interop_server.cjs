// The Interop service on grpc-js. Arguments: the .proto file. Prints its port.
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync(process.argv[2], { keepCase: true, longs: Number, defaults: true, oneofs: true });
const { Interop } = grpc.loadPackageDefinition(definition).grpc.tests.v1;

const failure = (request) => ({ code: request.fail_code, details: request.fail_message });
const fails = (request) => request._fail_code === 'fail_code';
const answer = (request) => ({ payload: request.response_size ? Buffer.alloc(request.response_size) : request.payload });

function metadataThat(metadata, accepts) {
  const result = new grpc.Metadata();
  for (const key of Object.keys(metadata.getMap())) {
    if (accepts(key)) {
      metadata.get(key).forEach((value) => result.add(key, value));
    }
  }
  return result;
}

const handlers = {
  Unary(call, callback) {
    setTimeout(() => callback(fails(call.request) ? failure(call.request) : null, answer(call.request)), call.request.sleep_milliseconds);
  },
  ClientStream(call, callback) {
    let count = 0;
    let total = 0;
    call.on('data', (request) => { count += 1; total += request.payload.length; });
    call.on('end', () => callback(null, { count, total_size: total }));
  },
  ServerStream(call) {
    for (let index = 0; index < call.request.count; index += 1) {
      call.write({ payload: Buffer.alloc(call.request.response_size), count: index });
    }
    if (fails(call.request)) {
      call.emit('error', failure(call.request));
    } else {
      call.end();
    }
  },
  Duplex(call) {
    call.on('data', (request) => call.write(answer(request)));
    call.on('end', () => call.end());
  },
  Sleep(call, callback) {
    call.on('cancelled', () => callback(null, {}));
  },
  Fail(call, callback) {
    callback({ ...failure(call.request), metadata: metadataThat(call.metadata, (key) => key.startsWith('trailer-echo')) });
  },
  EchoMetadata(call, callback) {
    const echo = metadataThat(call.metadata, (key) => key.startsWith('echo-'));
    call.sendMetadata(echo);
    const text = {};
    for (const [key, value] of Object.entries(call.metadata.getMap())) {
      if (!key.endsWith('-bin')) {
        text[key] = value;
      }
    }
    callback(null, { metadata: text }, echo);
  },
};

const server = new grpc.Server({ 'grpc.default_compression_algorithm': 2 });
server.addService(Interop.service, handlers);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(`port ${port}`);
});
