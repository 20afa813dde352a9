import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { atEnd } from '../cleanup.ts';
import { endProcesses, processRef } from '../processes.ts';

const SERVER = `require('net').createServer((socket) => socket.on('error', () => {}).pipe(socket))
  .listen(0, process.argv[1], function () { console.log(this.address().port); })`;
/** Answers each line, a number of bytes, when these have come back. */
const CLIENT = `const [, port, address] = process.argv;
  const socket = require('net').connect(port, address, () => console.log('up'));
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    let left = Number(line);
    socket.write(Buffer.alloc(left));
    const take = (part) => {
      left -= part.length;
      if (left > 0) return;
      socket.off('data', take);
      console.log('done');
    };
    socket.on('data', take);
  });`;

/** Where a process is to be: a cgroup, and what it is run by, as `ip netns exec NAME`. */
export interface Place {
  readonly cgroup: string;
  readonly by?: readonly string[];
}

/** A TCP connection between two processes, each in a cgroup of its own. */
export class Talk {
  readonly #client: Talker;
  readonly #stop: () => Promise<void>;

  private constructor(client: Talker, stop: () => Promise<void>) {
    this.#client = client;
    this.#stop = stop;
  }

  static async connect(server: Place, client: Place, address = '127.0.0.1'): Promise<Talk> {
    const children: ChildProcess[] = [];
    const stop = atEnd(async () => {
      for (const child of children) {
        const ref = child.pid === undefined ? undefined : processRef(child.pid);
        if (ref === undefined || child.exitCode !== null) continue;
        const ended = once(child, 'exit');
        await endProcesses([ref], { first: 'SIGKILL' });
        await ended;
      }
    });
    const start = (place: Place, ...args: string[]): Talker => {
      const talker = startTalker(place, args);
      children.push(talker.child);
      return talker;
    };
    const port = await start(server, SERVER, address).read();
    const connected = start(client, CLIENT, port, address);
    await connected.read();
    return new Talk(connected, stop);
  }

  /** Sends so many bytes and waits until they have come back. */
  async move(bytes: number): Promise<void> {
    this.#client.child.stdin?.write(`${bytes}\n`);
    await this.#client.read();
  }

  close(): Promise<void> {
    return this.#stop();
  }
}

interface Talker {
  readonly child: ChildProcess;
  read(): Promise<string>;
}

/** It joins the cgroup before it enters a namespace: that may hide the cgroups' mount. */
function startTalker({ cgroup, by = [] }: Place, args: readonly string[]): Talker {
  const join = 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"';
  const argv = ['-c', join, 'sh', cgroup, ...by, process.execPath, '-e', ...args];
  const child = spawn('sh', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  return {
    child,
    async read() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('a process of the connection ended early');
      return value;
    },
  };
}
