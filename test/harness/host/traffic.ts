import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { atEnd } from '../cleanup.ts';
import { endProcesses, processRef } from '../processes.ts';
import { run } from '../run.ts';

/** A network namespace of our own: nobody else's bytes cross its loopback device. */
export interface TestNetns {
  readonly name: string;
  remove(): Promise<void>;
}

export async function makeNetns(): Promise<TestNetns> {
  const name = `sockmap-test-${randomBytes(4).toString('hex')}`;
  await run('ip', ['netns', 'add', name]);
  const remove = atEnd(async () => {
    await run('ip', ['netns', 'delete', name]);
  });
  await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  return { name, remove };
}

/** Joins the cgroup before the namespace: entering that hides the cgroups' mount. */
const ENTER = 'echo 0 >"$1/cgroup.procs" && shift && exec ip netns exec "$@"';

/** A process that stays in a cgroup and a namespace until it is killed. */
export const reside = (cgroup: string, netns: TestNetns): ChildProcess =>
  spawn('sh', ['-c', ENTER, 'sh', cgroup, netns.name, 'sleep', '3600'], { stdio: 'ignore' });

/** A TCP connection between two sockets of one process in a cgroup. */
export class Pair {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #interface: Interface;
  readonly #stop: () => Promise<void>;

  private constructor(child: ChildProcess, output: NodeJS.ReadableStream) {
    this.#child = child;
    this.#interface = createInterface({ input: output });
    this.#lines = this.#interface[Symbol.asyncIterator]();
    this.#stop = atEnd(async () => {
      const ref = child.pid === undefined ? undefined : processRef(child.pid);
      if (ref !== undefined && child.exitCode === null) {
        const ended = once(child, 'exit');
        await endProcesses([ref], { first: 'SIGKILL' });
        await ended;
      }
    });
  }

  static async connect(cgroup: string, netns: TestNetns, address = '127.0.0.1'): Promise<Pair> {
    const script = path.join(import.meta.dirname, 'pair.mjs');
    const argv = ['-c', ENTER, 'sh', cgroup, netns.name, process.execPath, script];
    const child = spawn('sh', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const pair = new Pair(child, child.stdout);
    await pair.#ask(`connect ${address}`);
    return pair;
  }

  /** Moves so many bytes, half of them each way. @returns how many bytes the loopback device saw. */
  async move(bytes: number): Promise<number> {
    const { loopbackBytes } = await this.#ask(`move ${bytes}`);
    return loopbackBytes ?? NaN;
  }

  async close(): Promise<void> {
    this.#interface.close();
    await this.#stop();
  }

  async #ask(line: string): Promise<{ loopbackBytes?: number }> {
    this.#child.stdin?.write(`${line}\n`);
    const answer = await this.#lines.next();
    if (answer.done === true) throw new Error('the pair ended without an answer');
    return JSON.parse(answer.value) as { loopbackBytes?: number };
  }
}
