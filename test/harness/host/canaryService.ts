import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from '../cleanup.ts';
import { endProcesses, processRef } from '../processes.ts';
import { entering, inside } from './arms.ts';

const PROGRAM = path.join(import.meta.dirname, '../../host/programs/canary.py');
const ADDRESS = '127.0.0.1';

/** A service in a cgroup, and clients of it that connect again and again. */
export interface CanaryService {
  /** @returns how many answers there were so far, some time later each time. */
  answers(): Promise<number>;
  readonly stop: () => Promise<void>;
}

/** @param how plain; so many times slower where the client is on the bypass; splice, which sees nothing redirected. */
export async function startCanaryService(
  place: { readonly cgroup: string; readonly netns: string },
  how: 'plain' | `slow:${number}` | 'splice',
  clients: number,
): Promise<CanaryService> {
  const server = start(place, ['serve', ADDRESS, how]);
  const talk = start(place, ['talk', ADDRESS, await server.line(), String(clients)]);
  return {
    answers: async () => Number(await talk.line()),
    stop: async () => {
      await talk.stop();
      await server.stop();
    },
  };
}

function start({ cgroup, netns }: { cgroup: string; netns: string }, args: readonly string[]) {
  const argv = entering(netns, ['python3', PROGRAM, ...args]);
  const [command = '', ...rest] = inside({ cgroup }, argv);
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async (): Promise<string> => {
      const { value } = (await lines.next()) as IteratorResult<string, undefined>;
      if (value === undefined) throw new Error(`${args.join(' ')} has ended.`);
      return value;
    },
    stop: atEnd(async () => {
      const ref = child.pid === undefined ? undefined : processRef(child.pid);
      if (ref === undefined || child.exitCode !== null) return;
      const ended = once(child, 'exit');
      await endProcesses([ref], { first: 'SIGKILL' });
      await ended;
    }),
  };
}
