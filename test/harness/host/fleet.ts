import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { firstLine } from '../../../src/host/lines.ts';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import { prepare, serverConfig, sshdBinary, stanza } from '../sshd.ts';
import { temporaryDirectory } from '../temporary.ts';

const SCRIPT = path.join(import.meta.dirname, 'fleetHost.sh');

/** A compiler that makes each message on the bypass take half a millisecond longer. */
export const SLOW_CLANG = `#!/bin/sh
case "$*" in *' -c sockmap_bypass.bpf.c '*) ;; *) exec /usr/bin/clang "$@" ;; esac
for each; do
  shift
  [ "$each" != sockmap_bypass.bpf.c ] || each=-
  set -- "$@" "$each"
done
sed '/^int sockmap_redirect/{n;s/{/{ for (int i = 0; i < 20000; i++) bpf_ktime_get_ns();/}' sockmap_bypass.bpf.c |
  /usr/bin/clang -x c "$@"
`;

/** A host played by sshd in namespaces of its own: network, mounts (a BPF file system, /opt), cgroups, name. */
export interface FleetHost {
  readonly name: string;
  /** Its first process. */
  readonly pid: number;
  /** The cgroup that its `app.slice` is, as seen from here. */
  readonly cgroup: string;
  /** A file of its own, as seen from here. */
  readonly inside: (file: string) => string;
  /** Puts a program into its /usr/local/bin. */
  readonly install: (name: string, text: string) => void;
  /** How many connections its sshd has let in. */
  readonly connections: () => number;
}

export interface Fleet {
  readonly hosts: readonly FleetHost[];
  /** For `ssh -F`. */
  readonly configFile: string;
  /** Ends all that runs on the hosts; their connections end with it. */
  stop(): Promise<void>;
}

/**
 * Starts hosts that ssh reaches by a program of its own (ProxyCommand), which begins sshd in their namespaces:
 * nothing listens, and nothing of them is seen on this machine's network.
 */
export async function startFleet(count: number): Promise<Fleet> {
  const mount = cgroupMount() ?? '';
  const place = temporaryDirectory();
  const keys = await prepare(place.path);
  const hostKey = fs.readFileSync(path.join(place.path, 'host_key.pub'), 'utf8');
  fs.writeFileSync(keys.knownHostsFile, `fleet ${hostKey}`);
  const configFile = path.join(place.path, 'config');
  const cgroups: ReturnType<typeof makeCgroup>[] = [];
  const stop = async (): Promise<void> => {
    for (const each of cgroups) await each.remove();
    await place.remove();
  };
  try {
    const hosts: FleetHost[] = [];
    for (let number = 1; number <= count; number++) {
      const name = `host${number}`;
      const own = path.join(place.path, name);
      const bin = path.join(own, 'bin');
      fs.mkdirSync(bin, { recursive: true });
      const root = makeCgroup('fleet');
      cgroups.push(root);
      const child = spawn('sh', [SCRIPT, name, root.path, mount, bin], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      child.unref();
      await firstLine(child.stdout);
      child.stdout.destroy();
      const enter = path.join(own, 'enter');
      const log = path.join(own, 'log');
      fs.writeFileSync(log, '');
      fs.writeFileSync(
        path.join(own, 'sshd_config'),
        serverConfig(place.path, 22, ['SetEnv SHLVL=2']),
      );
      const server = [sshdBinary(), '-i', '-f', path.join(own, 'sshd_config'), '-E', log];
      const spaces = ['--mount', '--net', '--cgroup', '--uts'];
      fs.writeFileSync(
        enter,
        `#!/bin/sh\necho 0 >${root.path}/cgroup.procs\n` +
          `exec nsenter --target ${child.pid} ${spaces.join(' ')} -- ${server.join(' ')}\n`,
        { mode: 0o755 },
      );
      const lines = [`ProxyCommand ${enter}`, 'HostKeyAlias fleet'];
      fs.appendFileSync(configFile, stanza(name, 'root', 22, keys, lines));
      hosts.push({
        name,
        pid: child.pid ?? NaN,
        cgroup: path.join(root.path, 'app.slice'),
        inside: (file) => path.join(`/proc/${child.pid}/root`, file),
        install: (program, text) => {
          fs.writeFileSync(path.join(bin, program), text, { mode: 0o755 });
        },
        connections: () => fs.readFileSync(log, 'utf8').match(/^Accepted publickey/gm)?.length ?? 0,
      });
    }
    return { hosts, configFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
