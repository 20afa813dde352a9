import { loadBypass, unloadBypass } from '../../../src/bypass/load.ts';
import { Host } from '../../../src/host/host.ts';
import { startSshd, type TestSshd } from '../sshd.ts';
import { bpfSource, makeSite, type BypassSite } from './bypass.ts';

/** A host over ssh, with the guarded bypass on a cgroup of the tests. */
export interface BenchStage {
  readonly server: TestSshd;
  readonly host: Host;
  /** Everything is below a cgroup of our own, so that all of a run can be seen in it. */
  readonly outer: BypassSite;
  readonly cgroup: string;
  stop(): Promise<void>;
}

export async function setBenchStage(label: string): Promise<BenchStage> {
  const server = await startSshd();
  const host = new Host(server.alias, { ssh: { configFile: server.configFile } });
  const outer = makeSite(label);
  const cgroup = outer.path;
  await loadBypass(host, { cgroup, source: await bpfSource('guarded') });
  const stop = async (): Promise<void> => {
    await unloadBypass(host, cgroup);
    await host.dispose();
    await outer.remove();
    await server.stop();
  };
  return { server, host, outer, cgroup, stop };
}
