// npm run bench: how long a person waits. Medians on this machine, over a private sshd, in a real VS Code.
// npm run bench -- saves: from saving to the verdict alone.
import fs from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../test/harness/temporary.ts';
import { median } from 'simple-statistics';
import { newCgroup, ownCgroup } from '../src/bench/ownCgroup.ts';
import { Host } from '../src/host/host.ts';
import { ACCEPTED, CHECK_LINE } from '../test/harness/countingProgram.ts';
import { runToEnd } from '../test/harness/cleanup.ts';
import { startSshd } from '../test/harness/sshd.ts';
import { drive } from '../test/harness/vscode/drive.ts';
import { packageExtension } from '../test/harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../test/harness/vscode/session.ts';
import { timeLive, timePanel, writeRuns } from './bench/panel.ts';
import { setUp } from './setup.mjs';

const ROUNDS = 5;
const ONLY_SAVES = process.argv.includes('saves');
const MANY = 70;
/** Samples of the results that are opened: a usual run, and as many as one should never have to wait for. */
const SAMPLES = [100, 10_000];

async function main(): Promise<void> {
  await setUp(['node', 'host', 'sshd', 'editor']);
  const extension = await packageExtension();
  const sshd = await startSshd({ alias: 'bench-host' });
  const host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  try {
    const { mount } = await host.ready('benchmark');
    await using cgroup = await ownCgroup(host, newCgroup(mount));
    const folder = temporaryDirectory().path;
    // Before the window is there: it looks for files once.
    if (!ONLY_SAVES) for (const count of SAMPLES) await writeRuns(folder, count, ROUNDS);
    fs.writeFileSync(path.join(folder, 'many.bpf.c'), programs(MANY));
    for (const name of ['bench.bpf.c', 'typing.bpf.c']) {
      fs.writeFileSync(path.join(folder, name), ACCEPTED);
    }
    const session = await startSession({
      extensions: [extension],
      folder,
      settings: {
        'sockmapBypass.ssh.configFile': sshd.configFile,
        'sockmapBypass.host': sshd.alias,
        // Typed text must stay as it is.
        'editor.quickSuggestions': false,
      },
    });
    try {
      report('saved to diagnostics', await timeSaves(session, 'bench.bpf.c'));
      report(`saved to diagnostics, ${MANY} programs`, await timeSaves(session, 'many.bpf.c'));
      if (ONLY_SAVES) return;
      const loads = await timeLoads(session, sshd.alias, cgroup.line, mount);
      report('palette to attached, pickers included', loads.whole);
      report('last choice to attached', loads.afterChoice);
      report('typed to diagnostics', await timeTyping(session));
      for (const count of SAMPLES) {
        const { open, turn } = await timePanel(session, count, ROUNDS);
        report(`a result of ${count} samples: file chosen to chart drawn`, open);
        report(`a result of ${count} samples: another figure`, turn);
        const live = await timeLive(session, folder, count, ROUNDS);
        report(`a run of ${count} samples: one taken to drawn`, live);
      }
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

/** So many, of which the first is the one with the check. */
function programs(count: number): string {
  const begin = ACCEPTED.indexOf('SEC("xdp")');
  const end = ACCEPTED.indexOf('char LICENSE');
  const one = ACCEPTED.slice(begin, end);
  const others = Array.from({ length: count - 1 }, (_, index) =>
    one.replace('int count(', `int count_${index + 2}(`),
  );
  return ACCEPTED.slice(0, end) + others.join('') + ACCEPTED.slice(end);
}

/** Seconds from the key that saves until the error shows or is gone; the first, which connects, is left out. */
async function timeSaves({ page, workbench }: Session, file: string): Promise<number[]> {
  await workbench.openFile(file);
  await page.keyboard.press('Control+G');
  await workbench.input(`:${CHECK_LINE + 1}`);
  const seconds: number[] = [];
  for (let round = 0; round <= 2 * ROUNDS; round++) {
    await page.keyboard.press('Control+/');
    const begin = performance.now();
    await page.keyboard.press('Control+S');
    const state = round % 2 === 0 ? 'visible' : 'hidden';
    await workbench.squiggles().first().waitFor({ state });
    if (round > 0) seconds.push((performance.now() - begin) / 1000);
  }
  return seconds;
}

/** Seconds from an error that is put in, or taken back, until clangd on the host says so; the first, which starts it, is left out. */
async function timeTyping({ page, workbench }: Session): Promise<number[]> {
  await workbench.openFile('typing.bpf.c');
  await page.keyboard.press('Control+G');
  await workbench.input(`:${CHECK_LINE + 1}`);
  await page.keyboard.press('Home');
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const state of ['visible', 'hidden'] as const) {
      const begin = performance.now();
      if (state === 'visible') await page.keyboard.type('unknown;');
      else for (const _ of 'unknown;') await page.keyboard.press('Backspace');
      await workbench.squiggles().first().waitFor({ state });
      if (round > 0) seconds.push((performance.now() - begin) / 1000);
    }
  }
  await page.keyboard.press('Control+S');
  await workbench.run('View: Close Editor');
  return seconds;
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

await runToEnd(main);
