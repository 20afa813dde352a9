// npm run bench: how long a person waits. Medians on this machine, over a private sshd, in a real VS Code.
import { temporaryDirectory } from '../test/support/temporary.ts';
import { median } from 'simple-statistics';
import { Host } from '../src/host/host.ts';
import { endAll } from '../test/support/cleanup.ts';
import { startSshd } from '../test/support/sshd.ts';
import { drive } from '../test/vscode/drive.ts';
import { packageExtension } from '../test/vscode/packageExtension.ts';
import { startSession, type Session } from '../test/vscode/session.ts';
import { ownCgroup, requireHost } from './demo/host.ts';
import { setUp } from './setup.mjs';

const ROUNDS = 5;

async function main(): Promise<void> {
  await setUp(['node', 'host', 'sshd', 'editor']);
  const extension = await packageExtension();
  const sshd = await startSshd({ alias: 'bench-host' });
  const host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  try {
    const mount = await requireHost(host);
    await using cgroup = await ownCgroup(host, mount);
    const session = await startSession({
      extensions: [extension],
      folder: temporaryDirectory().path,
      settings: { 'sockmapBypass.ssh.configFile': sshd.configFile },
    });
    try {
      const loads = await timeLoads(session, sshd.alias, cgroup.line, mount);
      report('palette to attached, pickers included', loads.whole);
      report('last choice to attached', loads.afterChoice);
      console.log(`activation: ${await activationTime(session)}`);
    } finally {
      await session.stop();
    }
  } finally {
    await host.dispose();
    await sshd.stop();
  }
}

/** Seconds, round by round; the first, which connects, is left out. */
async function timeLoads(session: Session, host: string, cgroup: string, mount: string) {
  const steps = drive(session.workbench);
  const whole: number[] = [];
  const afterChoice: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    let chosen = begin;
    await steps.load(host, cgroup.slice(mount.length), () => {
      chosen = performance.now();
    });
    const end = performance.now();
    if (round > 0) {
      whole.push((end - begin) / 1000);
      afterChoice.push((end - chosen) / 1000);
    }
    await session.workbench.clearNotifications();
    await steps.unload(host, cgroup);
    await session.workbench.clearNotifications();
  }
  return { whole, afterChoice };
}

function report(what: string, seconds: readonly number[]): void {
  const [low, high] = [Math.min(...seconds), Math.max(...seconds)];
  console.log(
    `${what}: median ${median([...seconds]).toFixed(2)} s of ${seconds.length} (${low.toFixed(2)} to ${high.toFixed(2)})`,
  );
}

/** As VS Code itself measures it. */
async function activationTime({ page, workbench }: Session): Promise<string> {
  await workbench.run('Developer: Show Running Extensions');
  const row = page.locator('.runtime-extensions-editor .extension', { hasText: 'Sockmap Bypass' });
  return row.locator('.activation-time').innerText();
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
await endAll();
