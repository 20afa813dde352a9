// Both ends of HTTP/2 without TLS.
//   http2.mjs serve PORT             sends every body back as it comes
//   http2.mjs ask PORT SESSIONS BYTES…    a stream for each size on each session, all at once
// Asking prints { streams, bytes, wrong }.
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import process from 'node:process';

const [verb, port, ...words] = process.argv.slice(2);

/** More than all bodies of a session: what is over counts as abuse. */
const ROOM = { maxSessionMemory: 200 };

/** Bytes that look random and are the same each time. */
const body = (seed, bytes) => {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
};

async function echoed(session, sent) {
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  stream.end(sent);
  const parts = await stream.toArray();
  return Buffer.concat(parts);
}

async function ask() {
  const [sessions, ...sizes] = words.map(Number);
  const outcome = { streams: 0, bytes: 0, wrong: 0 };
  const one = async (index) => {
    const session = http2.connect(`http://127.0.0.1:${port}`, ROOM);
    const streams = sizes.map(async (bytes, i) => {
      const sent = body(index * sizes.length + i, bytes);
      const back = await echoed(session, sent);
      outcome.streams++;
      outcome.bytes += back.length;
      if (!back.equals(sent)) outcome.wrong++;
    });
    await Promise.all(streams);
    session.close();
    await once(session, 'close');
  };
  await Promise.all(Array.from({ length: sessions }, (_, index) => one(index)));
  console.log(JSON.stringify(outcome));
}

if (verb === 'ask') await ask();
else {
  const server = http2.createServer(ROOM);
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  server.listen(Number(port), '127.0.0.1');
}
