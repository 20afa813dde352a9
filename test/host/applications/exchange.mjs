// Sends a file over TCP connections and reads until the other end closes each of them:
// exchange.mjs ADDRESS PORT FILE CONNECTIONS. Prints how much came back on each, and its hash.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';

/** In turn, so that writes end in the middle of everything. */
const WRITES = [1, 7, 100, 1448, 4096, 16_384, 65_536, 1 << 20];

const [address, port, file, connections] = process.argv.slice(2);
const request = readFileSync(file);

async function exchange() {
  const socket = net.connect({ host: address, port: Number(port), noDelay: true });
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('data', (part) => {
    hash.update(part);
    bytes += part.length;
  });
  const ended = once(socket, 'end');
  for (let at = 0, turn = 0; at < request.length; turn++) {
    const end = at + WRITES[turn % WRITES.length];
    if (!socket.write(request.subarray(at, end))) await once(socket, 'drain');
    at = end;
  }
  await ended;
  return { bytes, sha256: hash.digest('hex') };
}

const exchanges = Array.from({ length: Number(connections) }, exchange);
console.log(JSON.stringify(await Promise.all(exchanges)));
