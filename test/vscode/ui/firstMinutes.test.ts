import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { parseDocument } from '../../../src/results/document.ts';
import { eventually } from '../../harness/host/wait.ts';
import { stanza, startSshd, type TestSshd } from '../../harness/sshd.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const SUFFIX = '.sockmap-bench.json';
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/first');
const TRY = 'Sockmap: Try on a host';
/** Unmounts that of each of a host's sessions: one may lie upon another. */
const NO_BPFFS = 'while umount -l /sys/fs/bpf; do :; done 2>/dev/null';
/** A chart takes as long as its plan. */
const RUN_MS = 400_000;

describe('the first minutes', () => {
  let stage: Stage | undefined;
  let bare: TestSshd | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'first' });
    bare = await startSshd({ alias: 'bare', mounts: NO_BPFFS });
    const { port } = bare;
    fs.appendFileSync(stage.sshd.configFile, stanza('bare', os.userInfo().username, port, bare));
  });
  after(async () => {
    await stage?.stop();
    await bare?.stop();
  });

  const results = ({ folder }: Stage): string[] =>
    fs.readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  const read = (at: Stage, name: string) =>
    parseDocument(fs.readFileSync(path.join(at.folder, name), 'utf8'));
  /** The first sample of a run that is then cancelled; nothing of it is to stay. */
  const cancelsAfterASample = async (at: Stage, known: readonly string[]): Promise<void> => {
    const { workbench } = at;
    const name = await eventually(
      'a sample is taken',
      () =>
        results(at).find((one) => !known.includes(one) && read(at, one).samples.length > 0) ?? '',
      90_000,
    );
    const { cgroup } = read(at, name);
    assert.ok(fs.existsSync(cgroup));
    await workbench.pressNotificationButton(/Benchmark on/, 'Cancel');
    await workbench.webview().locator('#state', { hasText: 'Cancelled' }).waitFor();
    await workbench.webview().locator('#resume').waitFor();
    await workbench.notification(/The benchmark was cancelled/).waitFor({ timeout: 60_000 });
    await eventually('nothing of the run is left', () => !fs.existsSync(cgroup));
    assert.equal(read(at, name).stopped?.why, 'cancelled');
    assert.deepEqual(await at.left(), []);
    await workbench.clearNotifications();
    await workbench.run('View: Close All Editors');
  };

  it('lead from a fresh window to a finished chart in five gestures', async function () {
    this.timeout(RUN_MS + 60_000);
    assert.ok(stage);
    const { workbench, host } = stage;
    let gestures = 0;
    const press = async (key: string): Promise<void> => {
      gestures++;
      await workbench.page.keyboard.press(key);
    };
    const type = async (text: string): Promise<void> => {
      gestures++;
      await workbench.page.keyboard.type(text);
    };
    const click = async (on: Locator): Promise<void> => {
      gestures++;
      await on.click();
    };
    await press('F1');
    await workbench.quickInput().waitFor();
    await type('try on');
    await workbench.item(TRY).waitFor();
    await press('Enter');
    await click(workbench.item(host));
    await workbench
      .webview()
      .locator('#state', { hasText: 'Finished' })
      .waitFor({ timeout: RUN_MS });
    await workbench.webview().locator('#chart').waitFor();
    assert.ok(gestures <= 5, `${gestures} gestures`);
    const told = workbench.notification(/Nothing of the trial is left on/);
    await told.waitFor();
    for (const theme of ['light', 'dark'] as const) {
      await stage.session.setTheme(theme);
      await workbench.screenshot(path.join(ARTIFACTS, `tried-${theme}.png`));
    }
    const [name = '', ...others] = results(stage);
    assert.deepEqual(others, []);
    const { finishedAt, cgroup } = read(stage, name);
    assert.ok(finishedAt !== undefined);
    assert.ok(!fs.existsSync(cgroup));
    assert.deepEqual(await stage.left(), []);
    await workbench.clearNotifications();
    await workbench.run('View: Close All Editors');
  });

  it('go on after what a host lacks was fixed in a terminal there', async () => {
    assert.ok(stage);
    const { workbench, steps } = stage;
    const known = results(stage);
    await workbench.run(TRY);
    await steps.pickHost('bare');
    const lacking = workbench.item('The BPF file system is not mounted at /sys/fs/bpf.');
    await steps.shows(lacking);
    await workbench.screenshot(path.join(ARTIFACTS, 'lacking.png'));
    await lacking.click();
    await cancelsAfterASample(stage, known);
    await workbench.run('Terminal: Kill the Active Terminal Instance');
  });

  it('end with the check where a person does not want to fix it', async () => {
    assert.ok(stage && bare);
    const { workbench, steps } = stage;
    const known = results(stage);
    const other = await startSshd({ alias: 'other', mounts: NO_BPFFS });
    const { configFile } = stage.sshd;
    fs.appendFileSync(configFile, stanza('other', os.userInfo().username, other.port, other));
    try {
      await workbench.run(TRY);
      await steps.pickHost('other');
      await steps.shows(workbench.item('The BPF file system is not mounted at /sys/fs/bpf.'));
      await workbench.dismissQuickInput();
      assert.equal(await workbench.notification(/Benchmark on|Waiting/).count(), 0);
      assert.deepEqual(results(stage), known);
    } finally {
      await other.stop();
    }
  });

  it('a benchmark of a host on which nothing is loaded offers to load for the run', async () => {
    assert.ok(stage);
    const { workbench, host, steps } = stage;
    const known = results(stage);
    const dialog = workbench.dialog().filter({ hasText: `No bypass is loaded on ${host}` });
    const ask = async (answer: string): Promise<void> => {
      await workbench.run('Sockmap: Run netperf benchmark');
      await steps.pickHost(host);
      await steps.shows(dialog);
      await workbench.pressDialogButton(answer);
      await dialog.waitFor({ state: 'detached' });
    };
    await ask('Do Not Run');
    assert.equal(await workbench.notification(/Benchmark on/).count(), 0);
    await ask('Load for This Run');
    await workbench.pick('Quick');
    await cancelsAfterASample(stage, known);
  });
});
