import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { eventually } from '../../harness/host/wait.ts';
import { makeAccount, type TestAccount } from '../../harness/accounts.ts';
import { run } from '../../harness/run.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const LOAD = 'Sockmap: Load sockmap bypass';

/** Compiles, but reads where the kernel forbids. */
const REJECTED = `#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("sockops")
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	return *(volatile int *)(long)ops->local_port;
}

SEC("sk_msg")
int sockmap_redirect(struct sk_msg_md *msg)
{
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
`;

describe('errors in the window', () => {
  let stage: Stage | undefined;
  let account: TestAccount | undefined;
  keepEvidence(() => stage?.session);
  afterEach('forgets the notifications of a failed test', async function () {
    if (this.currentTest?.state === 'failed') await stage?.workbench.clearNotifications();
  });

  before(async () => {
    stage = await setStage({
      label: 'errors',
      // It would keep a directory on the host as long as a source is open.
      settings: { 'sockmapBypass.clangd.enabled': false },
    });
    account = await makeAccount('password');
    const { sshd } = stage;
    sshd.addHost('of-account', { user: account.name });
    const unknown = path.join(sshd.directory, 'no-known-hosts');
    sshd.addHost('unknown-key', { lines: [`UserKnownHostsFile "${unknown}"`] });
    const key = path.join(sshd.directory, 'other_key');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    addAnotherHost(sshd, 'wrong-key', { port: sshd.port, key });
    // Nothing listens on the port for echo.
    addAnotherHost(sshd, 'no-server', { port: 7, key });
  });
  after(async () => {
    await stage?.stop();
    await account?.remove();
  });

  /** Starts a load and waits for the notification that it failed. */
  const failsAt = async (host: string, cgroup?: string): Promise<Locator> => {
    assert.ok(stage);
    const { workbench, steps } = stage;
    // VS Code pops up no more than three notifications within 800 ms; no person asks as fast as this.
    await workbench.page.waitForTimeout(800);
    await workbench.run(LOAD);
    await steps.pickHost(host);
    if (cgroup !== undefined) {
      await steps.shows(steps.asksForCgroup);
      await workbench.input(cgroup, { accept: false });
      await workbench.pick('Another path');
    }
    await steps.pastWarning(steps.failure);
    await steps.failure.waitFor({ timeout: 60_000 });
    return steps.failure;
  };
  const says = async (notification: Locator, ...parts: RegExp[]): Promise<void> => {
    const text = await notification.innerText();
    for (const part of parts) assert.match(text, part);
  };

  it('an unknown host key: it is compared in a terminal, and what was begun goes on', async () => {
    assert.ok(stage);
    const { workbench, steps, place } = stage;
    const failure = await failsAt('unknown-key');
    await says(failure, /No .* host key is known|Host key verification failed/, /compare its fing/);
    await workbench.pressNotificationButton(/Could not connect/, 'Connect in Terminal');
    const terminal = workbench.terminal();
    await terminal.filter({ hasText: 'authenticity of host' }).waitFor();
    await workbench.page.keyboard.type('yes\n');
    await terminal.filter({ hasText: /[#$]\s*$/ }).waitFor();
    // The load goes on by itself, and does not ask for the host again.
    await steps.shows(steps.asksForCgroup);
    await steps.pickCgroup(place.label);
    await steps.loaded();
    await workbench.clearNotifications();
    await steps.unload('unknown-key', place.cgroup);
    await closeTerminal(stage);
  });

  it('a key the host does not take', async () => {
    assert.ok(stage);
    const failure = await failsAt('wrong-key');
    await says(failure, /Permission denied/, /Load your key into the agent/);
    const button = 'Connect in Terminal';
    await stage.workbench.notificationButton(/Permission denied/, button).waitFor();
    await stage.workbench.clearNotifications();
  });

  it('a host that does not answer', async () => {
    assert.ok(stage);
    const { workbench } = stage;
    await says(await failsAt('no-server'), /Connection refused/, /Check that the host is up/);
    for (const theme of ['light', 'dark'] as const) {
      await stage.session.setTheme(theme);
      await workbench.screenshot(path.join(ARTIFACTS, `error-${theme}.png`));
    }
    // The same on the same host, without a question.
    await workbench.page.waitForTimeout(800);
    await workbench.pressNotificationButton(/Connection refused/, 'Retry');
    await eventually('it was tried again', () =>
      Promise.resolve(stage?.session.logs().match(/Could not connect to no-server/g)?.length === 2),
    );
    await stage.steps.failure.waitFor();
    assert.equal(await workbench.quick.isVisible(), false);
    await workbench.pressNotificationButton(/Connection refused/, 'Copy Diagnostics');
    await workbench.pressNotificationButton(/Diagnostics are in the clipboard/, 'Show');
    await workbench.tab('Diagnostics').waitFor();
    const text = await workbench.editorText();
    assert.match(text, /^Versions\n *Sockmap Bypass: \d/);
    assert.match(text, /kind: unreachable/);
    assert.match(text, /where: host-\d+/);
    assert.doesNotMatch(text, /no-server/);
    await workbench.screenshot(path.join(ARTIFACTS, 'diagnostics-dark.png'));
    await workbench.clearNotifications();
  });

  it('a path that is not a cgroup', async () => {
    assert.ok(stage);
    const { host, place, workbench } = stage;
    const gone = await failsAt(host, `${place.cgroup}/gone`);
    await says(gone, /service\/gone is not a cgroup/, /Name one that is there/);
    await workbench.clearNotifications();
    const outside = await failsAt(host, '/../../tmp');
    await says(outside, /is not a cgroup below/, /Name a directory below/);
    await workbench.clearNotifications();
    assert.deepEqual(await stage.left(), []);
  });

  it('source that does not compile', async () => {
    assert.ok(stage);
    const { host, place } = stage;
    const source = await sourceIs(stage, (text) => `${text}\nint broken = no_such_thing;\n`);
    try {
      await says(
        await failsAt(host, place.cgroup),
        /Could not compile sockmap_bypass\.bpf\.c/,
        /sockmap_bypass\.bpf\.c:\d+:\d+: error: use of undeclared identifier 'no_such_thing'/,
        /Fix the source/,
      );
      // The extension's own files are not for editing.
      assert.equal(
        await stage.workbench.notificationButton(/Could not compile/, 'Go to Line').count(),
        0,
      );
      await showsWholeLog(stage, /int broken = no_such_thing;[^]*\n1 error generated\.$/);
    } finally {
      source.restore();
    }
    assert.deepEqual(await stage.left(), []);
  });

  it("the workspace's copy that does not compile: the way to its line", async () => {
    assert.ok(stage);
    const { host, place, workbench, folder, extension } = stage;
    const copy = path.join(folder, 'bpf');
    fs.cpSync(path.join(extension, 'bpf'), copy, { recursive: true });
    const file = path.join(copy, 'sockmap_bypass.bpf.c');
    fs.appendFileSync(file, 'int broken = no_such_thing;\n');
    const line = fs.readFileSync(file, 'utf8').split('\n').length - 1;
    try {
      await failsAt(host, place.cgroup);
      // The probe of its sockets has failed for the same reason before.
      await workbench.notificationButton(/Could not compile/, 'Go to Line').waitFor();
      for (const theme of ['light', 'dark'] as const) {
        await stage.session.setTheme(theme);
        await workbench.screenshot(path.join(ARTIFACTS, `error-compile-${theme}.png`));
      }
      await workbench.pressNotificationButton(/Could not compile/, 'Go to Line');
      await workbench.tab('sockmap_bypass.bpf.c').waitFor();
      await workbench.statusBarItem(`Ln ${line}, Col 14`).waitFor();
    } finally {
      fs.rmSync(copy, { recursive: true });
      await workbench.clearNotifications();
    }
    await eventually('nothing is left', async () => (await stage?.left())?.length === 0);
  });

  it('a program the kernel rejects', async () => {
    assert.ok(stage);
    const { host, place, workbench } = stage;
    const source = await sourceIs(stage, () => REJECTED);
    try {
      await says(
        await failsAt(host, place.cgroup),
        /Could not verify sockmap_bypass\.bpf\.c with the kernel/,
        /: R1 invalid mem access 'scalar'\./,
        /The host is as it was before/,
      );
      await showsWholeLog(stage, /R\d invalid mem access 'scalar'[^]*processed \d+ insns/);
    } finally {
      source.restore();
    }
    assert.deepEqual(await stage.left(), []);
    await workbench.clearNotifications();
  });

  it('sudo wants a password: asked for unseen, again after a wrong one, kept out of the log', async () => {
    assert.ok(stage && account);
    const { workbench, steps, place, session } = stage;
    await workbench.run(LOAD);
    await steps.pickHost('of-account');
    await steps.shows(workbench.quickTitle().filter({ hasText: 'sudo on of-account' }));
    assert.equal(await workbench.quickInput().getAttribute('type'), 'password');
    const wrong = 'never-the-password-1';
    await workbench.input(wrong);
    await steps.shows(workbench.page.getByPlaceholder('That password was not accepted'));
    assert.equal(await workbench.quickInput().getAttribute('type'), 'password');
    await workbench.input(account.password);
    await steps.shows(steps.asksForCgroup);
    assert.notEqual(await workbench.quickInput().getAttribute('type'), 'password');
    await steps.pickCgroup(place.label);
    await steps.loaded();
    assert.equal((await place.attached()).length, 1);
    await workbench.clearNotifications();
    // It is not asked for again.
    await steps.unload('of-account', place.cgroup);
    assert.deepEqual(await stage.left(), []);
    const logs = session.logs();
    assert.match(logs, /of-account \(root\): load the bypass/);
    assert.ok(!logs.includes(account.password) && !logs.includes(wrong));
    await workbench.clearNotifications();
  });

  it('declining to give the password', async () => {
    assert.ok(stage && account);
    const { workbench, steps, session } = stage;
    await session.reload();
    await workbench.run(LOAD);
    await steps.pickHost('of-account');
    await steps.shows(workbench.quickTitle().filter({ hasText: 'sudo on of-account' }));
    await workbench.page.keyboard.press('Escape');
    await steps.failure.waitFor();
    await says(steps.failure, /sudo needs a password/, /Give it when asked/);
    await workbench.clearNotifications();
  });

  describe('on a host with something missing', () => {
    let poor: PoorHost | undefined;

    before(async () => {
      assert.ok(stage && account);
      poor = await startPoorHost(account.name);
      // One more configuration the picker and ssh read.
      fs.appendFileSync(
        stage.sshd.configFile,
        `\n${fs.readFileSync(poor.sshd.configFile, 'utf8')}`,
      );
    });
    after(async () => {
      await poor?.stop();
    });

    it('lists what is missing, and runs the command that fixes it in a terminal there', async () => {
      assert.ok(stage && poor);
      const { workbench, steps } = stage;
      await workbench.run('Sockmap: Check host');
      await steps.pickHost('poor-host');
      await steps.shows(workbench.quickTitle().filter({ hasText: 'Check of poor-host: Linux ' }));
      const finding = workbench.item('clang is not installed.');
      const remedy = 'apt-get update && apt-get install -y clang';
      const text = await finding.innerText();
      assert.match(text, /prevents load and benchmark and language/);
      assert.ok(text.includes(`Run: ${remedy}`), text);
      // Where the hover of its description does not come between.
      await finding.click({ position: { x: 20, y: 8 } });
      const terminal = workbench.terminal();
      await terminal.filter({ hasText: `$ ${remedy}` }).waitFor();
      await terminal.filter({ hasText: 'stub of apt-get: install -y clang' }).waitFor();
      assert.equal(poor.installed(), 'update\ninstall -y clang\n');
      await closeTerminal(stage);
    });

    it('stops a load there with the same words and a button', async () => {
      assert.ok(stage && poor);
      const { workbench, place } = stage;
      const failure = await failsAt('poor-host', place.cgroup);
      await says(failure, /clang is not installed/, /Install the package/);
      await workbench.notificationButton(/clang is not/, 'Fix in Terminal').waitFor();
      await workbench.clearNotifications();
    });

    it('says so to a user without root and without sudo', async () => {
      assert.ok(stage && poor);
      const { workbench, steps } = stage;
      await workbench.run('Sockmap: Check host');
      await steps.pickHost('poor-user');
      await steps.shows(workbench.quickTitle().filter({ hasText: 'Check of poor-user' }));
      await workbench.item('You are not root on the host, and sudo is not installed.').waitFor();
      await workbench.dismissQuickInput();
      await says(await failsAt('poor-user'), /not root and there is no sudo/, /Log in as root/);
      await workbench.clearNotifications();
    });
  });
});

function addAnotherHost(sshd: TestSshd, alias: string, to: { port: number; key: string }): void {
  const lines = [
    `HostName 127.0.0.1`,
    `Port ${to.port}`,
    `User root`,
    `IdentityFile "${to.key}"`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile "${sshd.knownHostsFile}"`,
  ];
  const stanza = [`Host ${alias}`, ...lines.map((line) => `  ${line}`)].join('\n');
  fs.appendFileSync(sshd.configFile, `${stanza}\n\n`);
}

/** Changes the program inside the installed extension. */
async function sourceIs(
  { extension }: Stage,
  change: (text: string) => string,
): Promise<{ restore(): void }> {
  const file = path.join(extension, 'bpf', 'sockmap_bypass.bpf.c');
  const text = await fs.promises.readFile(file, 'utf8');
  fs.writeFileSync(file, change(text));
  return {
    restore: () => {
      fs.writeFileSync(file, text);
    },
  };
}

/** @param whole what the log's last part, which is on view, holds. */
async function showsWholeLog({ workbench }: Stage, whole: RegExp): Promise<void> {
  await workbench.pressNotificationButton(/Could not/, 'Show Full Log');
  await workbench.editor().waitFor();
  await workbench.editor().click();
  await workbench.page.keyboard.press('Control+End');
  await eventually(`the log ends with ${String(whole)}`, async () =>
    whole.test((await workbench.editorText()).trim()),
  );
  await workbench.clearNotifications();
  await workbench.run('View: Close Editor');
}

async function closeTerminal({ workbench }: Stage): Promise<void> {
  await workbench.run('Terminal: Kill All Terminals');
  await workbench.page.locator('.terminal-wrapper').waitFor({ state: 'detached' });
}

interface PoorHost {
  readonly sshd: TestSshd;
  /** Commands to apt-get so far, a line each. */
  installed(): string;
  stop(): Promise<void>;
}

/** Hosts without clang and sudo: `poor-host` for root, `poor-user` for the account. */
async function startPoorHost(user: string): Promise<PoorHost> {
  const directory: TemporaryDirectory = temporaryDirectory();
  fs.chmodSync(directory.path, 0o755);
  const tools = path.join(directory.path, 'tools');
  fs.mkdirSync(tools);
  const hidden = /^(clang.*|sudo.*|apt.*)$/;
  for (const name of fs.readdirSync('/usr/bin').filter((each) => !hidden.test(each))) {
    fs.symlinkSync(path.join('/usr/bin', name), path.join(tools, name));
  }
  const told = path.join(directory.path, 'told');
  const stub = `#!/bin/sh\necho "$*" >>'${told}'\necho "stub of apt-get: $*"\n`;
  fs.writeFileSync(path.join(tools, 'apt-get'), stub, { mode: 0o755 });
  const sshd = await startSshd({ alias: 'poor-host', serverLines: [`SetEnv PATH=${tools}`] });
  sshd.addHost('poor-user', { user });
  return {
    sshd,
    installed: () => fs.readFileSync(told, 'utf8'),
    async stop() {
      await sshd.stop();
      await directory.remove();
    },
  };
}
