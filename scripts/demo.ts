// npm run demo: the main job through the extension's own commands, in a real VS Code.
//
//   npm run demo                  this machine, over a private sshd on loopback
//   npm run demo -- --host web1   a real host of yours
//   npm run demo -- --containers  between two network namespaces, as between containers
//   npm run demo -- --open        leaves the editor open
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { newCgroup, ownCgroup } from '../src/bench/ownCgroup.ts';
import { Host } from '../src/host/host.ts';
import { endAll } from '../test/harness/cleanup.ts';
import { startSshd } from '../test/harness/sshd.ts';
import { packageExtension } from '../test/harness/vscode/packageExtension.ts';
import { startSession } from '../test/harness/vscode/session.ts';
import { drive } from '../test/harness/vscode/drive.ts';
import { topologyText } from '../src/results/words/planText.ts';
import { readArguments } from './demo/arguments.ts';
import { table } from './demo/table.ts';
import { setUp } from './setup.mjs';

const OUTPUT = path.resolve(import.meta.dirname, '../out/demo');
const say = (text: string): void => {
  console.log(`==> ${text}`);
};

/** One line that counts up, or now and then a line where the output is a file. */
function progress(): (done: number, total: number) => void {
  let shown = -1;
  return (done, total) => {
    if (done === shown) return;
    shown = done;
    const text = `    ${done} of ${total} samples`;
    if (process.stdout.isTTY) process.stdout.write(`\r${text}${done === total ? '\n' : ''}`);
    else if (done % 11 === 0) console.log(text);
  };
}

async function main(): Promise<void> {
  const { host: real, containers, open } = readArguments(process.argv.slice(2));
  await setUp(real === undefined ? ['node', 'host', 'sshd', 'editor'] : ['node', 'editor']);
  mkdirSync(OUTPUT, { recursive: true });

  say('Building and packaging the extension');
  const extension = await packageExtension();
  const sshd = real === undefined ? await startSshd({ alias: 'demo-host' }) : undefined;
  const name = real ?? sshd?.alias ?? 'local';
  const host = new Host(name, sshd && { ssh: { configFile: sshd.configFile } });
  try {
    say(`Checking ${name}`);
    const { mount } = await host.ready('benchmark');
    await using cgroup = await ownCgroup(host, newCgroup(mount));

    say('Opening VS Code');
    const session = await startSession({
      extensions: [extension],
      folder: OUTPUT,
      ...(sshd && { settings: { 'sockmapBypass.ssh.configFile': sshd.configFile } }),
      viewport: { width: 1440, height: 960 },
    });
    try {
      const { workbench } = session;
      const steps = drive(workbench);
      say(`Load sockmap bypass: ${cgroup.line} on ${name}`);
      await steps.load(name, cgroup.line.slice(mount.length));
      say('Run netperf benchmark');
      const chosen = async () => {
        await workbench.clearNotifications();
        await steps.askForPlan(name, cgroup.line);
        await workbench.pick('Containers');
      };
      const { file, document } = await steps.benchmark(
        OUTPUT,
        progress(),
        containers ? chosen : undefined,
      );
      const picture = file.replace(/\.sockmap-bench\.json$/, '.png');
      await steps.photograph(picture);
      say('Unload sockmap bypass');
      await steps.unload(name, cgroup.line);

      console.log(`\n${table(document)}\n`);
      console.log(`Topology         ${topologyText(document.plan)}`);
      console.log(`Result document  ${file}`);
      console.log(`Chart panel      ${picture}`);
      if (open) {
        console.log(`\nVS Code          ${session.url}\nCtrl-C ends it.`);
        await new Promise((resolve) => process.once('SIGINT', resolve));
      }
    } finally {
      await session.stop();
    }
  } finally {
    await host.dispose();
    await sshd?.stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(`\nThe demo failed. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
await endAll();
