import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { ACCEPTED, REJECTED } from '../../harness/countingProgram.ts';
import { eventually } from '../../harness/host/wait.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/states');

describe('states in the window', () => {
  let stage: Stage | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'states' });
    // In the ssh configuration, and never used.
    stage.sshd.addHost('unused');
  });
  after(async () => {
    await stage?.stop();
  });

  it('a verification says when all is well, and when not', async () => {
    assert.ok(stage);
    const { workbench, folder, host, steps } = stage;
    for (const [name, text, said] of [
      ['accepted.bpf.c', ACCEPTED, new RegExp(`Verified on ${host}: Linux .* accepts the program`)],
      ['rejected.bpf.c', REJECTED, new RegExp(`Rejected on ${host}: rejected\\.bpf\\.c`)],
    ] as const) {
      fs.writeFileSync(path.join(folder, name), text);
      await workbench.openFile(name);
      await workbench.run('Sockmap: Verify BPF source on host');
      await steps.pickHost(host);
      await steps.shows(workbench.notification(said));
      await workbench.screenshot(path.join(ARTIFACTS, `${name}.png`));
      await workbench.clearNotifications();
    }
    await workbench.run('View: Close All Editors');
    for (const name of ['accepted', 'rejected']) fs.rmSync(path.join(folder, `${name}.bpf.c`));
  });

  it('programs are tests: to run them is to verify them, and each has its verdict', async () => {
    assert.ok(stage);
    const { workbench, folder, session } = stage;
    const files = { 'accepted.bpf.c': ACCEPTED, 'rejected.bpf.c': REJECTED };
    for (const [name, text] of Object.entries(files))
      fs.writeFileSync(path.join(folder, name), text);
    await workbench.run('Testing: Focus on Test Explorer View');
    const row = (name: string, verdict: string) =>
      workbench.page.locator(
        `.test-explorer .monaco-list-row[aria-label*="${name}"][aria-label*="${verdict}"]`,
      );
    await row('rejected.bpf.c', 'rejected').waitFor();
    await workbench.run('Test: Run All Tests');
    await row('rejected.bpf.c', 'Failed').waitFor({ timeout: 60_000 });
    await row('accepted.bpf.c', 'Passed').waitFor({ timeout: 60_000 });
    await row('rejected.bpf.c', 'Failed').locator('.monaco-tl-twistie').click();
    const failed = workbench.page.locator('.codicon-testing-failed-icon');
    await workbench.page
      .locator('.test-explorer .monaco-list-row', { hasText: /^count/, has: failed })
      .waitFor();
    for (const theme of ['light', 'dark'] as const) {
      await session.setTheme(theme);
      await workbench.screenshot(path.join(ARTIFACTS, `tests-${theme}.png`));
    }
    for (const name of Object.keys(files)) fs.rmSync(path.join(folder, name));
    await workbench.run('View: Close All Editors');
    await workbench.clearNotifications();
  });

  it('the faults of sockets are asked about once, also after an edit of something else', async () => {
    assert.ok(stage);
    const { workbench, folder, host, place, steps, session } = stage;
    const probes = (): number => session.logs().match(/: run the socket probes/g)?.length ?? 0;
    // On a busy host a probe may not come to its end, and what it would have shown is not remembered.
    for (let isCertain = false; !isCertain;) {
      await steps.load(host, place.label);
      isCertain = (await workbench.notification(/could not be probed/).count()) === 0;
      await workbench.clearNotifications();
      await steps.unload(host, place.cgroup);
      await workbench.clearNotifications();
    }
    const asked = probes();
    assert.ok(asked > 0);

    await workbench.run('Sockmap: Open BPF source');
    await workbench.tab('sockmap_bypass.bpf.c').waitFor();
    await workbench.run('View: Close All Editors');
    await workbench.clearNotifications();
    const copy = path.join(folder, 'bpf/sockmap_bypass.bpf.c');
    const text = fs.readFileSync(copy, 'utf8');
    fs.writeFileSync(copy, `/* Mine. */\n${text.replace('#define QUIET 16', '#define QUIET 8')}`);
    await workbench.run('Sockmap: Load sockmap bypass');
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    await steps.pickCgroup(place.label);
    // A dialog would be in its way.
    await steps.shows(steps.on);
    assert.match(await steps.on.innerText(), /the workspace's copy/);
    assert.equal(probes(), asked);
    await workbench.clearNotifications();
  });

  it('after a reload the status bar says what the host says, and asks no other host', async () => {
    assert.ok(stage);
    const { workbench, host, place, steps, session, sshd } = stage;
    // Also after a failure of the test before: to unload is to unload ours.
    if ((await place.attached()).length === 0) {
      await steps.load(host, place.label);
      await workbench.clearNotifications();
    }
    await workbench.statusBarItem(`Sockmap on: ${host}`).waitFor();
    const connections = (): number => sshd.log().match(/Accepted publickey/g)?.length ?? 0;
    const before = connections();
    await session.reload();
    await workbench.statusBarItem(`Sockmap on: ${host}`).waitFor();
    // So does its row, which nobody has expanded.
    await workbench.run('Sockmap Bypass: Focus on Hosts View');
    await workbench.treeItem(host).filter({ hasText: '1 bypass' }).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'reloaded.png'));
    assert.equal(connections(), before + 1);
    assert.equal(await workbench.quick.isVisible(), false);
    await steps.unload(host, place.cgroup);
    await workbench.statusBarItem(`Sockmap off: ${host}`).waitFor();
    await workbench.clearNotifications();

    // Nothing is on any more: nothing to ask.
    const unloaded = connections();
    await session.reload();
    await workbench.run('Sockmap: Check host');
    await steps.asksForHost.waitFor();
    await workbench.dismissQuickInput();
    assert.equal(await workbench.statusBarItem('Sockmap o').count(), 0);
    assert.equal(connections(), unloaded);
    await eventually('nothing is left', async () => (await stage?.left())?.length === 0);
  });
});
