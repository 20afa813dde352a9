import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { runCompared } from '../../src/bench/comparedRun.ts';
import { writeDocument } from '../../src/bench/store.ts';
import { readSource } from '../../src/bypass/source.ts';
import { Host } from '../../src/host/host.ts';
import { cgroupMount } from '../../test/harness/cgroup.ts';
import { atEnd } from '../../test/harness/cleanup.ts';
import { REJECTED } from '../../test/harness/countingProgram.ts';
import { VISITED } from '../../test/harness/visitedProgram.ts';
import { freePort } from '../../test/harness/port.ts';
import { endProcesses, processRef } from '../../test/harness/processes.ts';
import { startSshd, type TestSshd } from '../../test/harness/sshd.ts';
import { temporaryDirectory } from '../../test/harness/temporary.ts';
import { makeNetns } from '../../test/harness/host/traffic.ts';
import { startCanaryService } from '../../test/harness/host/canaryService.ts';
import { drive } from '../../test/harness/vscode/drive.ts';
import { packageExtension } from '../../test/harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../test/harness/vscode/session.ts';
import { keepAs } from './keptBypass.ts';

/** Runs are measured once; remove this to have them measured anew. */
const KEPT = path.resolve(import.meta.dirname, '../../out/pictures');
const BPF = path.resolve(import.meta.dirname, '../../bpf');
export const SOURCE_NAME = 'count.bpf.c';
/** A source that the kernel accepts, with a loop and a line that is never reached. */
export const LOOP_NAME = 'loop.bpf.c';
export const BEFORE = 'before.sockmap-bench.json';
export const AFTER = 'after.sockmap-bench.json';

/** A window on a host with services that talk to each other, and the results of two runs. */
export interface FilmSet extends AsyncDisposable {
  readonly session: Session;
  readonly steps: ReturnType<typeof drive>;
  /** The host's name. */
  readonly host: string;
  /** Full path of the cgroup whose services talk to each other. */
  readonly cgroup: string;
  /** Has the host keep its bypass, and one of a service that is not there. Until the end. */
  readonly keep: () => Promise<void>;
  /** Starts a service in it whose clients connect again and again: what a canary compares. Until the end. */
  readonly serve: () => Promise<void>;
}

export async function makeSet(): Promise<FilmSet> {
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  };
  try {
    const mount = cgroupMount();
    if (mount === undefined) throw new Error('cgroup v2 is not mounted on this machine.');
    const cgroups = ['cart', 'orders', 'web'].map((name) =>
      path.join(mount, 'shop.slice', `${name}.service`),
    );
    for (const each of cgroups) fs.mkdirSync(each, { recursive: true });
    const [cgroup = '', orders = '', web = ''] = cgroups;
    const sshd = await startSshd({ alias: 'web1' });
    ends.push(() => sshd.stop());
    sshd.addHost('db1');
    const folder = temporaryDirectory({ [SOURCE_NAME]: REJECTED, [LOOP_NAME]: VISITED });
    ends.push(() => folder.remove());
    for (const name of [BEFORE, AFTER]) {
      const kept = path.join(KEPT, name);
      if (!fs.existsSync(kept)) await measure(sshd, kept);
      fs.copyFileSync(kept, path.join(folder.path, name));
    }
    const session = await startSession({
      extensions: [await packageExtension()],
      folder: folder.path,
      settings: {
        'sockmapBypass.ssh.configFile': sshd.configFile,
        'sockmapBypass.host': sshd.alias,
        'workbench.secondarySideBar.defaultVisibility': 'hidden',
        'workbench.layoutControl.enabled': false,
        'breadcrumbs.enabled': false,
        'editor.minimap.enabled': false,
        'editor.occurrencesHighlight': 'off',
        'window.commandCenter': false,
      },
      keybindings: [
        {
          key: 'ctrl+alt+l',
          command: 'sockmapBypass.assess',
          args: { host: sshd.alias, cgroup: path.dirname(cgroup) },
        },
        {
          key: 'ctrl+alt+c',
          command: 'sockmapBypass.canary',
          args: { host: sshd.alias, cgroup, share: 50, seconds: 600, p99: 5 },
        },
      ],
    });
    ends.push(() => session.stop());
    const steps = drive(session.workbench);
    await steps.load(sshd.alias, cgroup.slice(mount.length));
    await session.workbench.clearNotifications();
    ends.push(
      await traffic(cgroup, cgroup),
      await traffic(orders, web),
      await traffic(cgroup, web),
      await proxy(web),
    );
    return {
      session,
      steps,
      host: sshd.alias,
      cgroup,
      [Symbol.asyncDispose]: stop,
      keep: async () => {
        const billing = path.join(path.dirname(cgroup), 'billing.service');
        ends.push(await keepAs({ cart: [cgroup], billing: [billing] }));
      },
      serve: async () => {
        const netns = await makeNetns();
        ends.push(() => netns.remove());
        const service = await startCanaryService({ cgroup, netns: netns.name }, 'plain', 2);
        ends.push(service.stop);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A program that reads with splice(): the list of cgroups marks it. */
async function proxy(cgroup: string): Promise<() => Promise<void>> {
  const bind = `bind 127.0.0.1:${await freePort()}`;
  const lines = ['defaults', 'timeout connect 1s', 'timeout client 1s', 'timeout server 1s'];
  const front = ['frontend web', bind, 'mode tcp', ''];
  const folder = temporaryDirectory({ 'haproxy.cfg': [...lines, ...front].join('\n') });
  const end = startIn(cgroup, 'haproxy', '-db', '-f', path.join(folder.path, 'haproxy.cfg'));
  return async () => {
    await end();
    await folder.remove();
  };
}

async function measure({ alias, configFile }: TestSshd, file: string): Promise<void> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  const host = new Host(alias, { ssh: { configFile } });
  const source = (policy: Parameters<typeof readSource>[1]) => readSource(BPF, policy);
  const save = (document: Parameters<typeof writeDocument>[1]) => writeDocument(part, document);
  const options = { source, save, limits: undefined, signal: undefined, onStep: console.log };
  try {
    await runCompared(host, undefined, { profile: 'quick' }, options);
    fs.renameSync(part, file);
  } finally {
    await host.dispose();
  }
}

/** A redis in one cgroup with a few clients in another, until the answer is called. */
async function traffic(of: string, from: string): Promise<() => Promise<void>> {
  const port = String(await freePort());
  const server = startIn(
    of,
    'redis-server',
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  );
  const clients = startIn(
    from,
    'sh',
    '-c',
    'until redis-cli -p "$0" ping; do sleep 0.1; done; exec "$@"',
    port,
    // Without an end: connections stay.
    'redis-benchmark',
    '-p',
    port,
    '-c',
    '3',
    '-t',
    'get',
    '-n',
    '1000000000',
    '-d',
    '1024',
  );
  return async () => {
    await clients();
    await server();
  };
}

/** A program of a cgroup, until the answer is called. It gives way to the window, which is filmed beside it. */
function startIn(cgroup: string, ...argv: readonly string[]): () => Promise<void> {
  const join = ['-c', 'echo 0 >"$1/cgroup.procs" && shift && exec nice -n 19 "$@"', 'sh'];
  const child = spawn('sh', [...join, cgroup, ...argv], { stdio: 'ignore' });
  return atEnd(async () => {
    const ref = child.pid === undefined ? undefined : processRef(child.pid);
    if (ref === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    await endProcesses([ref], { first: 'SIGKILL' });
    await ended;
  });
}
