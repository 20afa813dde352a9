import fs from 'node:fs';
import path from 'node:path';
import { run } from '../../test/harness/run.ts';
import { temporaryDirectory } from '../../test/harness/temporary.ts';

const BPF = path.resolve(import.meta.dirname, '../../bpf');
/** Those of `kept_places` in sockmap-bypassctl. */
const LIBRARY = '/usr/local/lib/sockmap-bypass';
const SETTINGS = '/etc/sockmap-bypass';
const MADE = '/var/lib/sockmap-bypass';
const UNTIL_BOOT = '/run/sockmap-bypass-kept';
/** Where these are made. */
const LAYERED = [LIBRARY, SETTINGS, MADE].map((each) => path.dirname(each));

/**
 * Has the host keep bypasses as `sockmap-bypassctl keep` leaves them, and runs what their units run at boot:
 * systemd alone is missing here. It needs a mount namespace of its own, with which all but what is until the next boot goes.
 * @param kept their cgroups by the name each is kept as; cgroups need not be there.
 */
export async function keepAs(
  kept: Readonly<Record<string, readonly string[]>>,
): Promise<() => Promise<void>> {
  const layers = temporaryDirectory();
  await run('mount', ['-t', 'tmpfs', 'tmpfs', layers.path]);
  for (const directory of LAYERED) {
    const own = path.join(layers.path, directory.replaceAll('/', '-'));
    const [upper, work] = ['upper', 'work'].map((each) => path.join(own, each));
    for (const each of [upper, work]) fs.mkdirSync(each ?? '', { recursive: true });
    const options = `lowerdir=${directory},upperdir=${upper ?? ''},workdir=${work ?? ''}`;
    await run('mount', ['-t', 'overlay', '-o', options, 'overlay', directory]);
  }
  const mode = 0o755;
  for (const each of [LIBRARY, SETTINGS, MADE]) fs.mkdirSync(each, { mode });
  const command = path.join(LIBRARY, 'sockmap-bypassctl');
  fs.copyFileSync(path.join(BPF, 'tools/sockmap-bypassctl'), command);
  fs.chmodSync(command, mode);
  for (const [name, cgroups] of Object.entries(kept)) {
    const sources = path.join(LIBRARY, name);
    fs.mkdirSync(sources, { mode });
    for (const one of fs.readdirSync(BPF).filter((each) => /\.[ch]$/.test(each)))
      fs.copyFileSync(path.join(BPF, one), path.join(sources, one));
    fs.copyFileSync(path.join(BPF, 'tools/semantics.c'), path.join(sources, 'semantics.c.txt'));
    const settings = ['version 0.1.0', 'policy guarded', 'reach namespace', 'verdict yes'];
    const members = cgroups.map((cgroup) => `cgroup ${cgroup}`);
    fs.writeFileSync(path.join(SETTINGS, `${name}.conf`), [...settings, ...members, ''].join('\n'));
    await run('sh', [command, 'kept-run', name]);
  }
  return async () => {
    for (const name of Object.keys(kept)) await run('sh', [command, 'kept-end', name]);
    fs.rmSync(UNTIL_BOOT, { recursive: true, force: true });
    for (const directory of LAYERED) await run('umount', ['-l', directory]);
    await run('umount', ['-l', layers.path]);
    await layers.remove();
  };
}
