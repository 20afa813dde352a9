// Both ends of a TCP connection in one process, told what to do by lines on standard input:
// "connect ADDRESS", "move BYTES"; each is answered with a line of JSON.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';

const CHUNK = 65_536;
const sent = () => Number(readFileSync('/sys/class/net/lo/statistics/tx_bytes', 'utf8'));

const server = net.createServer((socket) => socket.pipe(socket));
let client;

const connect = (address) =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, address, () => {
      client = net.connect(server.address().port, address, () => resolve({}));
      client.once('error', reject);
    });
  });

/** Round trips of one chunk, so that nothing ever queues: the bypass has no reason to step back. */
async function move(bytes) {
  const before = sent();
  for (let moved = 0; moved < bytes; moved += 2 * CHUNK) {
    const chunk = randomBytes(CHUNK);
    const back = await new Promise((resolve) => {
      const parts = [];
      let got = 0;
      const take = (part) => {
        parts.push(part);
        got += part.length;
        if (got < CHUNK) return;
        client.off('data', take);
        resolve(Buffer.concat(parts));
      };
      client.on('data', take);
      client.write(chunk);
    });
    if (!back.equals(chunk)) throw new Error('what came back is not what was sent');
  }
  return { loopbackBytes: sent() - before };
}

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const [verb, word] = line.split(' ');
  const answer = verb === 'connect' ? await connect(word) : await move(Number(word));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
