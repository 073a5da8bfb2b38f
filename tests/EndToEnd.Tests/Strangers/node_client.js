// Logs in, publishes, searches, and downloads from a peer, with stubs that proto-loader makes.
const assert = require('node:assert');
const crypto = require('node:crypto');
const path = require('node:path');
const { promisify } = require('node:util');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [root, directoryAddress, name, expectedSha256] = process.argv.slice(2);
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, {
  includeDirs: [path.join(root, 'proto'), path.join(root, 'third_party')], longs: Number, defaults: true,
})).p2p;
const insecure = grpc.credentials.createInsecure();
const directory = new (load('directory.proto').directory.v1.Directory)(directoryAddress, insecure);
const call = (client, method) => promisify(client[method].bind(client));

async function main() {
  const session = await call(directory, 'login')({ user: 'node', password: 'per1234', ip: '127.0.0.1', url: 'http://127.0.0.1', port: 5998 });
  const token = new grpc.Metadata();
  token.set('authorization', `Bearer ${session.token}`);

  const published = await new Promise((resolve, reject) => {
    const stream = directory.publish(token, (error, answer) => (error ? reject(error) : resolve(answer)));
    for (let number = 0; number < 3; number++) {
      const upserts = Array.from({ length: 500 }, (_, i) => ({
        path: `js/${number}-${i}.js`, size: i + 1, root: (number * 1000 + i + 1e6).toString(16).padStart(64, '0'),
      }));
      stream.write({ catalogId: 'node-1', sequence: number + 1, upserts });
    }
    stream.end();
  });
  assert.strictEqual(published.fileCount, 1500);

  const search = call(directory, 'search');
  assert.deepStrictEqual((await search({ archivo: '1-7.js' })).hits.map((hit) => hit.size), [8]);
  const [hit] = (await search({ archivo: name })).hits;
  const source = hit.sources[0];
  const catalog = new (load('catalog.proto').catalog.v1.Catalog)(`${source.ip}:${source.port}`, insecure);
  const digest = crypto.createHash('sha256');
  let received = 0;
  for await (const part of catalog.download({ ranges: [{ root: hit.root, length: hit.size }] })) {
    assert.strictEqual(part.offset, received);
    digest.update(part.data);
    received += part.data.length;
  }
  assert.strictEqual(received, hit.size);
  assert.strictEqual(digest.digest('hex'), expectedSha256);

  await call(directory, 'logout')({}, token);
  await assert.rejects(call(directory, 'heartbeat')({}, token), { code: grpc.status.UNAUTHENTICATED });
  console.log('node is content');
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
