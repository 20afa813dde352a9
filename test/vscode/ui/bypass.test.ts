import assert from 'node:assert/strict';
import fs from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { attachedTo, inodeOf, pinsOf } from '../../harness/host/bypass.ts';
import { makeNetns, Pair, type TestNetns } from '../../harness/host/traffic.ts';
import { eventually } from '../../harness/host/wait.ts';
import { cgroupMount } from '../../harness/cgroup.ts';
import { skip } from '../../harness/skip.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const LOAD = 'Sockmap: Load sockmap bypass';

describe('the bypass from the palette', () => {
  let stage: Stage | undefined;
  let resident: ChildProcess | undefined;
  let netns: TestNetns | undefined;
  let pair: Pair | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'palette' });
    resident = spawn('sleep', ['3600']);
    assert.ok(resident.pid !== undefined);
    stage.place.parent.add(resident.pid);
    netns = await makeNetns();
  });
  after(async () => {
    await pair?.close();
    await netns?.remove();
    resident?.kill();
    await stage?.stop();
  });

  it('offers hosts: those of the ssh configuration, this machine, and any other', async () => {
    assert.ok(stage);
    const { workbench, host, steps } = stage;
    await workbench.run(LOAD);
    await steps.asksForHost.waitFor();
    const offered = await workbench.items();
    assert.ok(offered.includes(host) && offered.includes('local'), offered.join());
    await workbench.input('ada@elsewhere.example', { accept: false });
    await workbench.item('Another host').waitFor();
    assert.match(await workbench.item('Another host').innerText(), /ada@elsewhere\.example/);
    await workbench.dismissQuickInput();
    assert.deepEqual(await stage.left(), []);
  });

  it('loads nothing when what it warns of is not accepted', async function () {
    assert.ok(stage);
    const { workbench, host, steps, place } = stage;
    const warning = workbench.dialog().filter({ hasText: 'Load Anyway' });
    await workbench.run(LOAD);
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    await steps.pickCgroup(place.label);
    await steps.shows(warning, steps.on);
    if ((await warning.count()) === 0) {
      await steps.unload(host, place.cgroup);
      await workbench.clearNotifications();
      skip(this, 'a kernel on which some program would stall');
    }
    assert.match(await warning.innerText(), /though data waits[^]*stall: .*(Go|nginx)[^]*EAGAIN/);
    await workbench.pressDialogButton('Cancel');
    await warning.waitFor({ state: 'detached' });
    assert.deepEqual(await stage.left(), []);
    assert.deepEqual(await place.attached(), []);
  });

  it('loads into a cgroup of the list', async () => {
    assert.ok(stage);
    const { workbench, host, steps, place } = stage;
    await workbench.run(LOAD);
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    // The resident process is in the parent, which counts those below as well.
    const parent = place.label.slice(0, place.label.lastIndexOf('/'));
    await workbench.input(parent, { accept: false });
    assert.match(await workbench.item(parent).innerText(), /1 process · \S/m);
    assert.match(await workbench.item(place.label).innerText(), /0 processes$/m);
    await steps.pickCgroup(place.label);
    await steps.loaded();
    assert.match(
      await steps.on.innerText(),
      new RegExp(`on ${host} \\(guarded\\): ${place.label}\\.`),
    );
    await workbench.statusBarItem(`Sockmap on: ${host}`).waitFor();
    const [id, ...others] = await place.attached();
    assert.ok(id !== undefined && others.length === 0);
    await workbench.clearNotifications();
  });

  it('shows the status with counters', async () => {
    assert.ok(stage && netns);
    const { host, steps, place } = stage;
    pair = await Pair.connect(place.cgroup, netns);
    await pair.move(4 << 20);
    await steps.showStatusText(host);
    const [id] = await place.attached();
    const all = await textOfEditor(stage, /redirected bytes/);
    // Others may have theirs on this machine.
    const report = all.slice(all.indexOf(`${place.cgroup}\n`));
    assert.match(report, new RegExp(`^${place.cgroup}$`, 'm'));
    assert.match(report, new RegExp(`^ *sockmap_sockops +id ${id}, tag [0-9a-f]{16}$`, 'm'));
    assert.match(report, /^ *sockets in the map +2 of /m);
    const redirected = /^ *redirected bytes +([\d,]+)$/m.exec(report)?.[1] ?? '';
    assert.equal(Number(redirected.replaceAll(',', '')), 4 << 20);
    await pair.close();
    pair = undefined;
  });

  it('changes the policy of what is loaded', async () => {
    assert.ok(stage);
    const { workbench, host, steps, place } = stage;
    const before = await place.attached();
    const change = async (mode: string): Promise<void> => {
      await workbench.run('Sockmap: Change bypass policy');
      await steps.pickHost(host);
      // It is loaded once only: no question which.
      await workbench.pick(mode);
    };
    await change('Off');
    await steps.shows(workbench.notification(/ is off: every connection is on TCP/));
    await workbench.statusBarItem(`Sockmap off: ${host}`).waitFor();
    await change('Guarded');
    await steps.shows(workbench.notification(/ is guarded, with the limits of the settings/));
    await workbench.statusBarItem(`Sockmap on: ${host}`).waitFor();
    assert.deepEqual(await place.attached(), before);
    await workbench.clearNotifications();
  });

  it('asks before it replaces what is loaded', async () => {
    assert.ok(stage);
    const { workbench, host, steps, place } = stage;
    const before = await place.attached();
    const loadAgain = async (answer: string): Promise<void> => {
      await workbench.run(LOAD);
      await steps.pickHost(host);
      await steps.shows(steps.asksForCgroup);
      // As it may stand in somebody's notes: with the mount.
      await workbench.input(place.cgroup, { accept: false });
      await workbench.pick('Another path');
      await steps.shows(workbench.dialog());
      assert.match(await workbench.dialog().innerText(), /is already loaded on /);
      await workbench.pressDialogButton(answer);
      await workbench.dialog().waitFor({ state: 'detached' });
    };
    await loadAgain('Cancel');
    assert.deepEqual(await place.attached(), before);
    await loadAgain('Replace');
    await steps.shows(steps.on);
    const now = await place.attached();
    assert.equal(now.length, 1);
    assert.notEqual(now[0], before[0]);
    assert.equal(pinsOf(inodeOf(place.cgroup)).length, 1);
    await workbench.clearNotifications();
  });

  it('finds what is loaded again in another window, and unloads it there', async () => {
    assert.ok(stage);
    const { workbench, host, steps, place, session } = stage;
    const [id] = await place.attached();
    await session.reload();
    await steps.showStatusText(host);
    await workbench.statusBarItem(`Sockmap on: ${host}`).waitFor();
    assert.match(await textOfEditor(stage, /sockmap_sockops/), new RegExp(`id ${id},`));
    await steps.unload(host, place.cgroup);
    await workbench.statusBarItem(`Sockmap off: ${host}`).waitFor();
    assert.deepEqual(await stage.left(), []);
    await workbench.clearNotifications();
  });

  it('says that there is nothing to unload', async () => {
    assert.ok(stage);
    const { workbench, host, steps } = stage;
    await workbench.run('Sockmap: Unload sockmap bypass');
    await steps.pickHost(host);
    await workbench
      .notification(/no sockmap bypass is loaded. There is nothing to unload/)
      .waitFor();
    await workbench.clearNotifications();
  });

  it('warns before the root cgroup, and leaves it alone', async () => {
    assert.ok(stage);
    const { workbench, host, steps } = stage;
    const own = (process: string) => fs.readlinkSync(`/proc/${process}/ns/cgroup`);
    // That of the kernel's own threads. If the product fails here, it must not be the machine's root that programs are attached to.
    assert.notEqual(own('self'), own('2'), 'this runs only in a lane of `npm test -- ui`');
    const root = cgroupMount() ?? '';
    const above = `${stage.place.cgroup}/../..`;
    const spellings = ['/', './/.', above, `${root}/../${path.basename(root)}/`];
    for (const [index, spelled] of spellings.entries()) {
      const theme = index === 0 ? 'light' : 'dark';
      await stage.session.setTheme(theme);
      await workbench.run(LOAD);
      await steps.pickHost(host);
      await steps.shows(steps.asksForCgroup);
      await workbench.screenshot(path.join(ARTIFACTS, `cgroups-${theme}.png`));
      await workbench.input(spelled, { accept: false });
      await workbench.pick(spelled === '/' ? '/' : 'Another path');
      await steps.shows(workbench.dialog());
      assert.match(await workbench.dialog().innerText(), /holds every process/, spelled);
      // Enter is the safe answer.
      const focused = await workbench.page.evaluate(() => document.activeElement?.textContent);
      assert.equal(focused?.trim(), 'Choose Another');
      await workbench.screenshot(path.join(ARTIFACTS, `root-${theme}.png`));
      await workbench.page.keyboard.press('Enter');
      await workbench.dialog().waitFor({ state: 'detached' });
      await steps.shows(steps.asksForCgroup);
      await workbench.dismissQuickInput();
    }
    const attached = await attachedTo(root);
    assert.ok(!attached.some(({ name }) => name === 'sockmap_sockops'));
    assert.deepEqual(pinsOf(inodeOf(root)), []);
    assert.equal(await workbench.notification(/Loading/).count(), 0);
  });

  it('leaves nothing behind when a load is cancelled', async () => {
    assert.ok(stage);
    const { workbench, host, steps, place, gate } = stage;
    gate.close();
    try {
      await workbench.run(LOAD);
      await steps.pickHost(host);
      await steps.shows(steps.asksForCgroup);
      await steps.pickCgroup(place.label);
      const progress = /Loading the sockmap bypass.*compiling/;
      await steps.shows(workbench.notification(progress));
      assert.notDeepEqual(await stage.left(), []);
      await workbench.pressNotificationButton(progress, 'Cancel');
      await workbench.notification(/Loading/).waitFor({ state: 'detached' });
    } finally {
      gate.open();
    }
    await eventually('nothing is left', async () => (await stage?.left())?.length === 0);
    // Whoever cancels needs no message.
    assert.equal(await steps.failure.count(), 0);
    await steps.load(host, place.label);
    await workbench.clearNotifications();
    await steps.unload(host, place.cgroup);
    assert.deepEqual(await stage.left(), []);
  });
});

/** The text of the open report once it holds what is awaited. */
async function textOfEditor({ workbench }: Stage, awaited: RegExp): Promise<string> {
  return eventually(`the report holds ${String(awaited)}`, async () => {
    const text = await workbench.editorText();
    return awaited.test(text) ? text : '';
  });
}
