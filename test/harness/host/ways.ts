import { Host } from '../../../src/host/host.ts';
import { startSshd, type TestSshd } from '../sshd.ts';

/** The ways to a host. */
export const WAYS = ['ssh', 'local'] as const;

/** This machine as a host. @returns also its sshd, where it is reached by that. */
export async function hostBy(
  way: (typeof WAYS)[number],
): Promise<{ host: Host; server: TestSshd | undefined; stop: () => Promise<void> }> {
  const server = way === 'ssh' ? await startSshd() : undefined;
  const host =
    server === undefined
      ? new Host('local')
      : new Host(server.alias, { ssh: { configFile: server.configFile } });
  const stop = async (): Promise<void> => {
    await host.dispose();
    await server?.stop();
  };
  return { host, server, stop };
}
