import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from '../cleanup.ts';
import { freePort } from '../port.ts';
import { endProcesses, processRef } from '../processes.ts';
import { eventually } from './wait.ts';
import { run } from '../run.ts';

/** In a session of its own, whose weight beside other sessions is another than that of a process inside of one. */
const JOIN = `echo 0 >"$1/cgroup.procs" && shift || exit
{ echo 19 >/proc/self/autogroup; } 2>/dev/null
exec nice -n 19 "$@"`;

/** netperf's round trips from one cgroup to another, until they are stopped; they give way to all else. */
export async function keepAsking(
  client: string,
  server: string,
): Promise<{ stop(): Promise<void>; readonly port: number }> {
  const port = await freePort();
  const start = (cgroup: string, ...argv: string[]): ChildProcess =>
    spawn('sh', ['-c', JOIN, 'sh', cgroup, ...argv], { stdio: 'ignore', detached: true });
  const netserver = start(server, 'netserver', '-D', '-L', '127.0.0.1,4', '-p', `${port}`);
  const stopServer = atEnd(() => end(netserver));
  await eventually('netserver listens', async () =>
    (await run('ss', ['-tlnH'])).includes(`:${port} `),
  );
  const data = await freePort();
  const test = ['-t', 'TCP_RR', '-l', '1000', '--', '-r', '64,128', '-P', `,${data}`];
  const netperf = start(client, 'netperf', '-H', '127.0.0.1,4', '-p', `${port}`, ...test);
  const stopClient = atEnd(() => end(netperf));
  await eventually('a connection is there', async () =>
    (await run('ss', ['-tnH', 'state', 'established'])).includes(`:${data} `),
  );
  return {
    port: data,
    stop: async () => {
      await stopClient();
      await stopServer();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  const ref = child.pid === undefined ? undefined : processRef(child.pid);
  if (ref === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  await endProcesses([ref], { first: 'SIGKILL' });
  await ended;
}
