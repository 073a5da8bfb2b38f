// The interop cases of the gRPC project, by grpc-js against interop.proto's server. Arguments: the .proto file, the server's host:port.
// Prints a line for each case: "ok NAME" or "failed NAME: why".
const assert = require('assert');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync(process.argv[2], { keepCase: true, longs: Number, defaults: true, oneofs: true });
const { Interop } = grpc.loadPackageDefinition(definition).grpc.tests.v1;
const connect = (options) => new Interop(process.argv[3], grpc.credentials.createInsecure(), options);
const client = connect({});
const gzip = connect({ 'grpc.default_compression_algorithm': 2 });
const deflate = connect({ 'grpc.default_compression_algorithm': 1 });

const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
const SIZES = [27182, 8, 1828, 45904];

/** Resolves to { error, answer, headers, status } of a call with one answer. */
const one = (start) => new Promise((resolve) => {
  const result = {};
  const done = () => 'status' in result && 'answer' in result && resolve(result);
  const call = start((error, answer) => { Object.assign(result, { error, answer }); done(); });
  call.on('metadata', (headers) => { result.headers = headers; });
  call.on('status', (status) => { result.status = status; done(); });
});

/** Resolves to { answers, headers, status } of a stream, asking `next` after each answer. */
const many = (call, next = () => {}) => new Promise((resolve) => {
  const result = { answers: [] };
  call.on('metadata', (headers) => { result.headers = headers; });
  call.on('data', (answer) => { result.answers.push(answer); next(result.answers.length); });
  call.on('error', () => {});
  call.on('status', (status) => { result.status = status; resolve(result); });
});

const unary = (request, from = client) => one((callback) => from.Unary(request, callback));

function upload(from) {
  return one((callback) => {
    const call = from.ClientStream(callback);
    SIZES.forEach((size) => call.write({ payload: Buffer.alloc(size) }));
    call.end();
    return call;
  });
}

function echoMetadata() {
  const metadata = new grpc.Metadata();
  metadata.add('echo-ascii', 'value, with comma');
  metadata.add('echo-binary-bin', Buffer.from([0, 0xff, 0xab]));
  return metadata;
}

const cases = {
  async empty_unary() {
    assert.strictEqual((await unary({})).answer.count, 1);
  },
  async large_unary() {
    const { answer } = await unary({ payload: Buffer.alloc(271828), response_size: 314159 });
    assert.deepStrictEqual([answer.payload.length, answer.total_size], [314159, 271828]);
  },
  async client_streaming() {
    const { answer } = await upload(client);
    assert.deepStrictEqual([answer.count, answer.total_size], [4, 74922]);
  },
  async server_streaming() {
    const { answers } = await many(client.ServerStream({ count: 100, response_size: 5000 }));
    assert.ok(answers.length === 100 && answers.every((answer) => answer.payload.length === 5000));
  },
  async ping_pong() {
    const sizes = [1, 0, 70000];
    const call = client.Duplex();
    const send = (at) => (at < sizes.length ? call.write({ payload: Buffer.alloc(sizes[at]) }) : call.end());
    const result = many(call, send);
    send(0);
    assert.deepStrictEqual((await result).answers.map((answer) => answer.payload.length), sizes);
  },
  async empty_stream() {
    const call = client.Duplex();
    call.end();
    const { answers, status } = await many(call);
    assert.deepStrictEqual([answers.length, status.code], [0, grpc.status.OK]);
  },
  async cancel_after_begin() {
    const { status } = await one((callback) => {
      const call = client.ClientStream(callback);
      setImmediate(() => call.cancel());
      return call;
    });
    assert.strictEqual(status.code, grpc.status.CANCELLED);
  },
  async cancel_after_first_response() {
    const call = client.Duplex();
    call.write({ payload: Buffer.alloc(9) });
    const { answers, status } = await many(call, () => call.cancel());
    assert.deepStrictEqual([answers.length, status.code], [1, grpc.status.CANCELLED]);
  },
  async timeout_on_sleeping_server() {
    const { status } = await one((callback) => client.Sleep({}, { deadline: Date.now() + 200 }, callback));
    assert.strictEqual(status.code, grpc.status.DEADLINE_EXCEEDED);
  },
  async status_code_and_message() {
    for (let code = 1; code <= 16; code += 1) {
      const request = { fail_code: code, fail_message: 'test status message' };
      const call = client.Duplex();
      const stream = many(call);
      call.end(request);
      for (const { status } of [await unary(request), await stream]) {
        assert.deepStrictEqual([status.code, status.details], [code, 'test status message']);
      }
    }
  },
  async special_status_message() {
    const { status } = await one((callback) => client.Fail({ fail_code: 2, fail_message: SPECIAL }, callback));
    assert.deepStrictEqual([status.code, status.details], [2, SPECIAL]);
  },
  async unimplemented_method() {
    const { status } = await one((callback) => client.NotBuilt({}, callback));
    assert.strictEqual(status.code, grpc.status.UNIMPLEMENTED);
  },
  async unimplemented_service() {
    const same = (bytes) => bytes;
    const { status } = await one((callback) => client.makeUnaryRequest('/no.such.Service/Method', same, same, Buffer.alloc(0), callback));
    assert.strictEqual(status.code, grpc.status.UNIMPLEMENTED);
  },
  async custom_metadata() {
    const call = client.Duplex(echoMetadata());
    const stream = many(call);
    call.end({});
    for (const { headers, status } of [await one((callback) => client.EchoMetadata({}, echoMetadata(), callback)), await stream]) {
      for (const received of [headers, status.metadata]) {
        assert.deepStrictEqual(received.get('echo-ascii'), ['value, with comma']);
        assert.deepStrictEqual(received.get('echo-binary-bin'), [Buffer.from([0, 0xff, 0xab])]);
      }
    }
  },
  async client_compressed_unary() {
    for (const from of [gzip, deflate, client]) {
      assert.strictEqual((await unary({ payload: Buffer.alloc(100000) }, from)).answer.total_size, 100000);
    }
  },
  async server_compressed_unary() {
    assert.strictEqual((await unary({ response_size: 100000 })).answer.payload.length, 100000);
  },
  async client_compressed_streaming() {
    const { answer } = await upload(gzip);
    assert.deepStrictEqual([answer.count, answer.total_size], [4, 74922]);
  },
  async server_compressed_streaming() {
    const { answers } = await many(client.ServerStream({ count: 4, response_size: 50000 }));
    assert.deepStrictEqual(answers.map((answer) => answer.payload.length), [50000, 50000, 50000, 50000]);
  },
};

(async () => {
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`failed ${name}: ${JSON.stringify(error.stack)}`);
    }
  }
  process.exit();
})();
