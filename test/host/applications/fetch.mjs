// An HTTP client: fetch.mjs JOB, a JSON of { origin, keepAlive, parallel, ca?, requests: [{ method, path, file? }] }.
// Prints { connections, answers }, an answer being the status and the body's length and hash.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';

const { origin, keepAlive, parallel, ca, requests } = JSON.parse(process.argv[2]);
const { Agent, request } = origin.startsWith('https:') ? https : http;
const agent = new Agent({
  keepAlive,
  maxSockets: parallel,
  ...(ca !== undefined && { ca: readFileSync(ca) }),
});
const sockets = new Set();

async function fetched({ method, path, file }) {
  const headers = {
    ...(!keepAlive && { Connection: 'close' }),
    ...(file !== undefined && { 'Content-Length': statSync(file).size }),
  };
  const asked = request(`${origin}${path}`, { method, headers, agent });
  asked.once('socket', (socket) => sockets.add(socket));
  const answered = new Promise((resolve, reject) => {
    asked.once('response', resolve).once('error', reject);
  });
  const [answer] = await Promise.all([
    answered,
    file === undefined ? asked.end() : pipeline(createReadStream(file), asked),
  ]);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of answer) {
    hash.update(part);
    bytes += part.length;
  }
  return { status: answer.statusCode, bytes, sha256: hash.digest('hex') };
}

const answers = await Promise.all(requests.map(fetched));
agent.destroy();
console.log(JSON.stringify({ connections: sockets.size, answers }));
