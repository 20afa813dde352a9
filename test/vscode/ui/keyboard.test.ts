import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { parseDocument, type Plan } from '../../../src/results/document.ts';
import { ACCEPTED, CHECK_LINE } from '../../harness/countingProgram.ts';
import { eventually } from '../../harness/host/wait.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { COMMAND_IDS, titleOf, titleOnly } from '../../harness/vscode/commands.ts';
import { Keys, watchMouse } from '../../harness/vscode/keys.ts';
import { setStage, type Stage } from './stage.ts';

/** Without it nothing can be kept: that is said, with what to do instead. */
const HAS_SYSTEMD = fs.existsSync('/run/systemd/system');
const KEPT = '/etc/sockmap-bypass';
const HOSTS = 'Sockmap Bypass: Focus on Hosts View';
const SOURCE = 'accepted.bpf.c';
const SUFFIX = '.sockmap-bench.json';
/** Two samples of a second. */
const PLAN: Plan = {
  name: 'short',
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 1,
};

/** The shortest real use of a command, from the palette to what a person sees of its end. */
type Use = (stage: Stage, keys: Keys) => Promise<void>;

/** One after another, for each finds what those before it have left. */
const USES: Readonly<Record<string, Use>> = {
  getStarted: async ({ workbench }) => {
    await workbench.page.locator('.gettingStartedContainer .step-title').first().waitFor();
  },
  checkHost: async (stage, keys) => {
    const { workbench, steps, host } = stage;
    await pickHost(stage, keys);
    const ready = workbench.notification(`${host} is ready`);
    await steps.shows(workbench.quickTitle().filter({ hasText: `Check of ${host}` }), ready);
    await keys.press('Escape');
  },
  assess: async (stage, keys) => {
    await pickHost(stage, keys);
    await stage.workbench.webview().locator('#verdict').waitFor({ timeout: 90_000 });
  },
  load: async (stage, keys) => {
    const { steps, place } = stage;
    await pickHost(stage, keys);
    await pickCgroup(stage, keys, place.label);
    await pastWarning(stage, keys, steps.on);
  },
  status: async (stage, keys) => {
    await pickHost(stage, keys);
    await stage.workbench.webview().locator('#bypass').waitFor();
  },
  openLivePage: async (stage, keys) => {
    await pickHost(stage, keys);
    await stage.workbench.webview().locator('#bypass').waitFor();
  },
  fleet: async ({ workbench }) => {
    const page = workbench.webview();
    await page.locator('tr[data-state="read"]').first().waitFor({ timeout: 60_000 });
  },
  rollOut: async (stage, keys) => {
    const { workbench, host, place } = stage;
    const asked = (what: string) => workbench.quick.locator(`input[placeholder="Choose ${what}"]`);
    await keys.highlight(asked('hosts'), host, host);
    await keys.press('Space', 'Enter');
    await keys.pick(asked('how to roll out'), 'Dry run', 'Dry run');
    await pickCgroup(stage, keys, place.label);
    await keys.pick(asked('which connections are bypassed'), /Within each/);
    await keys.pick(asked('where the inventory is written'), 'In the storage of the extension');
    await workbench
      .dialog()
      .filter({ hasText: `Try a roll-out to ${host}?` })
      .waitFor();
    await keys.dialogButton('Do Not Roll Out');
  },
  showStatusReport: async (stage, keys) => {
    const { workbench, host } = stage;
    await pickHost(stage, keys);
    await workbench.tab(`Bypass status of ${host}`).waitFor();
  },
  configure: async (stage, keys) => {
    const { workbench, steps } = stage;
    await pickBypass(stage, keys, workbench.item('Off'));
    await keys.pick(workbench.item('Off'), /^\s*Off/);
    await steps.shows(workbench.notification(/is off/));
    await keys.run(titleOf('sockmapBypass.configure'));
    await pickBypass(stage, keys, workbench.item('Guarded'));
    await keys.pick(workbench.item('Guarded'), /^\s*Guarded/);
    await steps.shows(workbench.notification(/is guarded/));
  },
  canary: async (stage, keys) => {
    const { workbench } = stage;
    await pickBypass(stage, keys, workbench.quickTitle().filter({ hasText: '(1/4)' }));
    for (const [step, given] of ['50', '60', '1.05', ''].entries()) {
      await workbench
        .quickTitle()
        .filter({ hasText: `(${step + 1}/4)` })
        .waitFor();
      await keys.answer(workbench.quick, given);
    }
    await workbench.webview().locator('#canary-counts').waitFor({ timeout: 60_000 });
    await keys.notificationButton(/Canary on/, 'Cancel');
    await workbench.webview().locator('#canary-state', { hasText: 'Cancelled' }).waitFor();
  },
  refreshHosts: async (stage, keys) => {
    await focusBypass(stage, keys);
  },
  showAssessment: async (stage, keys) => {
    await focusBypass(stage, keys);
    await keys.treeItem(HOSTS, /Assessed: /);
    await keys.press('Enter');
    await stage.workbench.webview().locator('#verdict').waitFor();
  },
  switchOff: async (stage, keys) => {
    await focusBypass(stage, keys);
    await keys.menu(titleOnly('sockmapBypass.switchOff'));
    await stage.steps.shows(stage.workbench.notification(/is off/));
  },
  switchOn: async (stage, keys) => {
    await focusBypass(stage, keys);
    await keys.menu(titleOnly('sockmapBypass.switchOn'));
    await stage.steps.shows(stage.workbench.notification(/is guarded/));
  },
  changeFocused: async (stage, keys) => {
    const { workbench } = stage;
    await focusBypass(stage, keys);
    await keys.press('F2');
    await keys.pick(workbench.item('Guarded'), /^\s*Guarded/);
    await stage.steps.shows(workbench.notification(/is guarded/));
  },
  removeFocused: async (stage, keys) => {
    const { workbench, place } = stage;
    const loaded = await place.attached();
    await focusBypass(stage, keys);
    await keys.press('Delete');
    await workbench.dialog().filter({ hasText: place.cgroup }).waitFor();
    await keys.dialogButton('Keep');
    await workbench.dialog().waitFor({ state: 'detached' });
    assert.deepEqual(await place.attached(), loaded);
  },
  copyName: async (stage, keys) => {
    const { workbench, place } = stage;
    await focusBypass(stage, keys);
    await keys.menu(titleOnly('sockmapBypass.copyName'));
    await eventually('the cgroup is on the clipboard', () =>
      workbench.page
        .evaluate(() => navigator.clipboard.readText())
        .then((copied) => copied === place.cgroup),
    );
  },
  openTerminal: async (stage, keys) => {
    const { workbench } = stage;
    await pickHost(stage, keys);
    await workbench
      .terminal()
      .filter({ hasText: /[#$]\s*$/ })
      .waitFor();
    await keys.run('Terminal: Kill All Terminals');
  },
  addCgroups: async (stage, keys) => {
    const { workbench } = stage;
    await pickBypass(stage, keys, workbench.item('Several cgroups…'));
    await pickCgroup(stage, keys, besideLabel(stage));
    await pastWarning(stage, keys, workbench.notification(/beside, too/));
  },
  removeCgroups: async (stage, keys) => {
    const { workbench, steps } = stage;
    const question = workbench.quick.locator('input[placeholder^="Select cgroups"]');
    await pickBypass(stage, keys, question);
    await keys.highlight(question, besideLabel(stage));
    await keys.press('Space', 'Enter');
    await steps.shows(workbench.notification(/no longer has .*beside/));
  },
  checkSemantics: async (stage, keys) => {
    await pickHost(stage, keys);
    await stage.workbench.page
      .locator('.tab', { hasText: `Socket semantics on ${stage.host}` })
      .waitFor({ timeout: 60_000 });
  },
  runBenchmark: async (stage, keys) => {
    const { workbench, folder } = stage;
    const question = workbench.quick.locator('input[placeholder="Choose what to measure"]');
    await pickBypass(stage, keys, question);
    await keys.pick(question, 'short.sockmap-plan.json', 'short');
    await runIs(stage, 'Finished');
    const [name = assert.fail('no result')] = results(folder);
    const measured = parseDocument(fs.readFileSync(path.join(folder, name), 'utf8'));
    const { finishedAt: _, ...unfinished } = measured;
    const cut = { ...unfinished, samples: measured.samples.slice(0, 1) };
    fs.writeFileSync(path.join(folder, `cut${SUFFIX}`), JSON.stringify(cut));
  },
  benchmarkWorkload: async (stage, keys) => {
    const { workbench } = stage;
    const at = (step: number) => workbench.quickTitle().filter({ hasText: `(${step}/7)` });
    await pickBypass(stage, keys, at(1));
    for (const [step, given] of ['echoes', '', "echo '5 apples'", ''].entries()) {
      await at(step + 1).waitFor();
      await keys.answer(workbench.quick, given);
    }
    await keys.pick(workbench.item('Run'), /^\s*Run/);
    await keys.pick(workbench.item('5'), /^\s*5/);
    await at(6).waitFor();
    await keys.press('Escape');
  },
  resumeBenchmark: async (stage, keys) => {
    const { workbench } = stage;
    const question = workbench.quick.locator('input[placeholder="Choose an interrupted run"]');
    await keys.pick(question, `cut${SUFFIX}`);
    await workbench.tab(`cut${SUFFIX}`).waitFor();
    await runIs(stage, 'Finished');
  },
  compare: async (stage, keys) => {
    const { workbench, folder } = stage;
    const [older = ''] = results(folder).filter((name) => !name.startsWith('cut'));
    await keys.pick(workbench.item(older), older);
    await keys.pick(workbench.quick.locator('input[placeholder*="saved run"]'), `cut${SUFFIX}`);
    await workbench.page.locator('.tab', { hasText: 'compared with' }).waitFor();
  },
  importBenchmark: async (stage, keys) => {
    const { folder } = stage;
    const count = results(folder).length;
    await answerPath(stage, keys, path.join(folder, `cut${SUFFIX}`));
    await eventually('the copy is there', () => results(folder).length === count + 1);
  },
  openResult: async (stage, keys) => {
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.openResult'));
    await runIs(stage, 'Finished');
  },
  renameResult: async (stage, keys) => {
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.renameResult'));
    await keys.answer(stage.workbench.quick, 'First look');
    await stage.workbench.treeItem('First look').waitFor();
  },
  editResultNotes: async (stage, keys) => {
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.editResultNotes'));
    await keys.answer(stage.workbench.quick, 'before the upgrade');
    await eventually('the notes are kept', () => anyResultHas(stage, 'before the upgrade'));
  },
  editResultTags: async (stage, keys) => {
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.editResultTags'));
    await keys.answer(stage.workbench.quick, 'baseline');
    await stage.workbench.treeItem('#baseline').waitFor();
  },
  exportResult: async (stage, keys) => {
    const { workbench, folder } = stage;
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.exportResult'));
    await keys.pick(workbench.item('Report'), 'Report');
    const file = path.join(folder, 'report.md');
    await answerPath(stage, keys, file);
    await eventually('the report is written', () => fs.existsSync(file));
  },
  revealResult: async (stage, keys) => {
    const { workbench } = stage;
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.revealResult'));
    await workbench.page
      .locator('.explorer-folders-view .monaco-list-row.selected', { hasText: SUFFIX })
      .waitFor();
  },
  refreshResults: async (stage, keys) => {
    await focusRun(keys);
    await keys.toolbar(titleOnly('sockmapBypass.refreshResults'));
    await stage.workbench.treeItem('#baseline').waitFor();
  },
  deleteResult: async (stage, keys) => {
    const count = results(stage.folder).length;
    await focusRun(keys);
    await keys.menu(titleOnly('sockmapBypass.deleteResult'));
    await keys.dialogButton('Delete');
    // This server has no trash.
    await stage.workbench.dialog().filter({ hasText: 'no trash' }).waitFor();
    await keys.dialogButton('Delete Permanently');
    await eventually('the file is gone', () => results(stage.folder).length < count);
  },
  keep: async (stage, keys) => {
    const { workbench, steps } = stage;
    await focusBypass(stage, keys);
    await keys.menu(titleOnly('sockmapBypass.keep'));
    await keys.dialogButton('Keep Loaded');
    if (HAS_SYSTEMD) return steps.shows(workbench.notification(/is kept: it is loaded after/));
    await workbench.notification(/systemd does not run there.*sockmap-bypassctl load/s).waitFor();
    await keys.run('Notifications: Clear All Notifications');
  },
  stopKeeping: async (stage, keys) => {
    const { workbench, steps, place } = stage;
    // As a keep leaves it.
    if (!HAS_SYSTEMD) writeKept(place.cgroup);
    try {
      await pickHost(stage, keys);
      await keys.dialogButton('Stop Keeping');
      await steps.shows(workbench.notification(/is no longer kept/));
      assert.ok(!fs.existsSync(KEPT));
    } finally {
      fs.rmSync(path.join(KEPT, 'keyboard.conf'), { force: true });
    }
    if (!HAS_SYSTEMD) return;
    await keys.run(titleOf('sockmapBypass.load'));
    await USES['load']?.(stage, keys);
  },
  unload: async (stage, keys) => {
    await pickBypass(stage, keys, stage.steps.off);
    await stage.steps.shows(stage.steps.off);
  },
  tryOnHost: async (stage, keys) => {
    const { workbench, steps } = stage;
    await pickHost(stage, keys);
    await runIs(stage, 'Running');
    await keys.notificationButton(/Benchmark on/, 'Cancel');
    await steps.shows(workbench.notification(/was cancelled/));
  },
  removeHost: async (stage, keys) => {
    const { workbench, host } = stage;
    await pickHost(stage, keys);
    // It is one of the ssh configuration: it stays, as one that was never used.
    await keys.treeItem(HOSTS, host);
    assert.doesNotMatch(await workbench.treeItem(host).first().innerText(), /used before/);
  },
  copyDiagnostics: async ({ workbench }, keys) => {
    await workbench.notification(/[Dd]iagnostics/).waitFor();
    await keys.press('Escape');
  },
  verify: async (stage, keys) => {
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.verify'));
    await pickHost(stage, keys);
    await languageItem(stage, 'BPF: verified').waitFor();
  },
  showVerifierLog: async (stage, keys) => {
    const { workbench, host } = stage;
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.showVerifierLog'));
    await keys.pick(workbench.quick.locator('input[placeholder="Choose a program"]'), 'count');
    await workbench.tab(`count on ${host}.bpf-log`).waitFor();
  },
  showVisit: async (stage, keys) => {
    await openSource(stage, keys);
    await keys.run('Go to Line/Column...');
    await stage.workbench.page.keyboard.insertText(`${CHECK_LINE + 1}:3`);
    await keys.press('Enter');
    await keys.run(titleOf('sockmapBypass.showVisit'));
    await hoverOfVisit(stage).waitFor();
  },
  // The line has one visit: it stays.
  nextVisit: async (stage, keys) => {
    await USES['showVisit']?.(stage, keys);
    await keys.press('Escape');
    await hoverOfVisit(stage).waitFor({ state: 'hidden' });
    await keys.press('Alt+.');
    await hoverOfVisit(stage).waitFor();
  },
  previousVisit: async (stage, keys) => {
    await USES['showVisit']?.(stage, keys);
    await keys.press('Escape');
    await hoverOfVisit(stage).waitFor({ state: 'hidden' });
    await keys.press('Alt+,');
    await hoverOfVisit(stage).waitFor();
  },
  toggleCoverage: async (stage, keys) => {
    await openSource(stage, keys);
    // The verifier comes to all of it: there is nothing to see, and nothing fails.
    await keys.run(titleOf('sockmapBypass.toggleCoverage'));
    await keys.run(titleOf('sockmapBypass.toggleCoverage'));
  },
  compareProgram: async (stage, keys) => {
    const { workbench } = stage;
    // Verified before: now something else is saved, and compared with it.
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.verify'));
    await pickHost(stage, keys);
    await languageItem(stage, 'BPF: verified').waitFor();
    fs.writeFileSync(
      path.join(stage.folder, SOURCE),
      ACCEPTED.replace('*value += 1;', '*value += 2;'),
    );
    await keys.run(titleOf('sockmapBypass.verify'));
    await pickHost(stage, keys);
    await workbench.page.locator('.codelens-decoration', { hasText: 'compare' }).waitFor();
    await keys.run(titleOf('sockmapBypass.compareProgram'));
    await keys.pick(workbench.quick.locator('input[placeholder="Choose a program"]'), 'count');
    await keys.pick(
      workbench.quick.locator('input[placeholder="Compare count with"]'),
      'last save',
    );
    await workbench.page.locator('.tab', { hasText: 'count: last save ↔ now' }).waitFor();
  },
  toggleRunTimes: async (stage, keys) => {
    await openSource(stage, keys);
    // Nothing of it is loaded: there is nothing to see, and nothing fails.
    await keys.run(titleOf('sockmapBypass.toggleRunTimes'));
    await keys.run(titleOf('sockmapBypass.toggleRunTimes'));
  },
  verifyOnHosts: async (stage, keys) => {
    const { workbench, host } = stage;
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.verifyOnHosts'));
    await keys.highlight(workbench.quick.locator('input[placeholder="Choose hosts"]'), host, host);
    await keys.press('Space', 'Enter');
    await workbench.webview().locator('[data-state="accepted"]').waitFor();
  },
  useMakefileFlags: async (stage, keys) => {
    const makefile = path.join(stage.folder, 'Makefile');
    fs.writeFileSync(makefile, 'BPF_CFLAGS = -DSTEP=3\n');
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.useMakefileFlags'));
    await stage.workbench.dialog().filter({ hasText: '-DSTEP=3' }).waitFor();
    await keys.dialogButton('Use Flags');
    const settings = path.join(stage.folder, '.vscode/settings.json');
    await eventually(
      'the settings have them',
      () => fs.existsSync(settings) && fs.readFileSync(settings, 'utf8').includes('-DSTEP=3'),
    );
    fs.rmSync(makefile);
  },
  linkSources: async (stage, keys) => {
    const [one, other] = ['one.bpf.c', 'other.bpf.c'].map((name) => path.join(stage.folder, name));
    fs.writeFileSync(one ?? '', 'int step(void);\n');
    fs.writeFileSync(other ?? '', 'int step(void)\n{\n\treturn 1;\n}\n');
    await openSource(stage, keys, 'one.bpf.c');
    await keys.run(titleOf('sockmapBypass.linkSources'));
    await stage.workbench.dialog().filter({ hasText: 'other.bpf.c defines step' }).waitFor();
    await keys.dialogButton('Link');
    const settings = path.join(stage.folder, '.vscode/settings.json');
    await eventually(
      'the settings have it',
      () => fs.existsSync(settings) && fs.readFileSync(settings, 'utf8').includes('other.bpf.c'),
    );
    for (const file of [one, other]) fs.rmSync(file ?? '');
  },
  chooseEditingHost: async (stage, keys) => {
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.chooseEditingHost'));
    await pickHost(stage, keys);
    await clangdRuns(stage);
  },
  restartClangd: async (stage, keys) => {
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.restartClangd'));
    await clangdRuns(stage);
  },
  installClangd: async (stage, keys) => {
    await openSource(stage, keys);
    await keys.run(titleOf('sockmapBypass.installClangd'));
    // It is installed, so what is asked for is there: it starts.
    await pickHost(stage, keys);
    await clangdRuns(stage);
  },
  openSource: async ({ workbench }) => {
    await workbench.tab('sockmap_bypass.bpf.c').waitFor();
  },
  compareSource: async ({ workbench }) => {
    await workbench.page.locator('.tab', { hasText: 'bundled ↔ yours' }).waitFor();
  },
  restoreSource: async ({ workbench }) => {
    await workbench.notification(/is the same as the bundled one/).waitFor();
  },
};

/** Those that run the command themselves: from a view, or with a source in the editor. */
const BEGUN_BY_USE = new Set([
  'switchOff',
  'switchOn',
  'copyName',
  'showAssessment',
  'keep',
  'changeFocused',
  'removeFocused',
  'openResult',
  'renameResult',
  'editResultNotes',
  'editResultTags',
  'exportResult',
  'revealResult',
  'refreshResults',
  'deleteResult',
  'verify',
  'showVerifierLog',
  'compareProgram',
  'toggleRunTimes',
  'verifyOnHosts',
  'showVisit',
  'nextVisit',
  'previousVisit',
  'toggleCoverage',
  'useMakefileFlags',
  'linkSources',
  'chooseEditingHost',
  'restartClangd',
  'installClangd',
]);

describe('every command, by keyboard alone', () => {
  let stage: Stage | undefined;
  let keys: Keys | undefined;
  let mouse: () => Promise<number> = () => Promise.resolve(-1);
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'keyboard' });
    const { folder, workbench, place } = stage;
    place.parent.child('beside');
    fs.writeFileSync(path.join(folder, SOURCE), ACCEPTED);
    fs.writeFileSync(path.join(folder, 'short.sockmap-plan.json'), JSON.stringify(PLAN));
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    keys = new Keys(workbench);
    mouse = await watchMouse(workbench.page);
  });
  after(async () => {
    await stage?.stop();
  });
  afterEach(async () => {
    await keys?.press('Escape');
    await keys?.run('Notifications: Clear All Notifications');
    await keys?.run('View: Close All Editors');
  });

  for (const [name, use] of Object.entries(USES)) {
    const id = `sockmapBypass.${name}`;
    it(titleOf(id), async () => {
      assert.ok(stage && keys);
      if (!BEGUN_BY_USE.has(name)) await keys.run(titleOf(id));
      await use(stage, keys);
      assert.equal(await stage.steps.failure.count(), 0);
    });
  }

  it('are all that there are', () => {
    assert.deepEqual(
      COMMAND_IDS,
      Object.keys(USES)
        .map((name) => `sockmapBypass.${name}`)
        .sort(),
    );
  });

  it('took no mouse, and left nothing', async () => {
    assert.equal(await mouse(), 0);
    // The language server has its own for as long as the window is open.
    const left = await stage?.left();
    assert.deepEqual(
      left?.filter((one) => !/\/sockmap-bypass\.\w+$/.test(one)),
      [besideOf(stage)],
    );
  });
});

function writeKept(cgroup: string): void {
  fs.mkdirSync(KEPT, { recursive: true, mode: 0o755 });
  fs.writeFileSync(
    path.join(KEPT, 'keyboard.conf'),
    `version 0.1.0\npolicy guarded\nreach namespace\nverdict yes\ncgroup ${cgroup}\n`,
  );
}

const besideLabel = ({ place }: Stage): string => place.label.replace(/service$/, 'beside');
const besideOf = (stage: Stage | undefined): string =>
  stage?.place.cgroup.replace(/service$/, 'beside') ?? '';

async function pickHost({ steps, host }: Stage, keys: Keys): Promise<void> {
  await keys.pick(steps.asksForHost, host, host);
}

/** Answers a dialog for files, which writes its own folder into the line once it has read that. */
async function answerPath({ workbench }: Stage, keys: Keys, file: string): Promise<void> {
  const input = workbench.quickInput();
  await eventually('the dialog has read its folder', async () =>
    (await input.inputValue()).startsWith('/'),
  );
  await eventually('the dialog has the path', async () => {
    await keys.press('Control+a');
    await workbench.page.keyboard.insertText(file);
    await delay(200);
    return (await input.inputValue()) === file;
  });
  await keys.press('Enter');
  await input.waitFor({ state: 'hidden' });
}

/** Chooses host and bypass, of which others on this machine may have one, too. */
async function pickBypass(stage: Stage, keys: Keys, next: Locator): Promise<void> {
  const { workbench, steps, place } = stage;
  await pickHost(stage, keys);
  const which = workbench.quick.locator('input[placeholder="Choose a cgroup"]');
  await steps.shows(which, next);
  if ((await which.count()) > 0) await keys.pick(which, place.label, place.label);
}

async function pickCgroup({ steps }: Stage, keys: Keys, cgroup: string): Promise<void> {
  await steps.shows(steps.asksForCgroup);
  await keys.pick(steps.asksForCgroup, cgroup, cgroup);
}

/** Waits for it to show, going on where a load warns of what the kernel gets wrong. */
async function pastWarning({ workbench, steps }: Stage, keys: Keys, end: Locator): Promise<void> {
  const warning = workbench.dialog().filter({ hasText: 'Load Anyway' });
  await steps.shows(end, warning);
  if ((await warning.count()) > 0) await keys.dialogButton('Load Anyway');
  await steps.shows(end);
}

const results = (folder: string): string[] =>
  fs.readdirSync(folder).filter((name) => name.endsWith(SUFFIX));

/** Waits for the panel of a run to say how it fares. */
const runIs = ({ workbench }: Stage, state: string): Promise<void> =>
  workbench.webview().locator('#state', { hasText: state }).waitFor({ timeout: 60_000 });

/** Goes to the row of the bypass in the view, whatever else is loaded on this machine. */
async function focusBypass({ workbench, host, place }: Stage, keys: Keys): Promise<void> {
  await keys.treeItem(HOSTS, host);
  await keys.press('ArrowRight');
  await workbench.treeItem(place.label).waitFor();
  await keys.treeItem(HOSTS, place.label);
}

/** Goes to the first run of the view of results. */
async function focusRun(keys: Keys): Promise<void> {
  await keys.treeItem('Sockmap Bypass: Focus on Results View', /\d runs?$/);
  await keys.press('ArrowDown');
}

const anyResultHas = ({ folder }: Stage, text: string): boolean =>
  results(folder).some((name) => fs.readFileSync(path.join(folder, name), 'utf8').includes(text));

async function openSource(
  { workbench, folder }: Stage,
  keys: Keys,
  source = SOURCE,
): Promise<void> {
  await keys.run('Go to File...');
  await keys.pick(workbench.quick, source, path.join(folder, source));
  await workbench.tab(source).waitFor();
  await workbench.editor().locator('.view-line').first().waitFor();
}

const hoverOfVisit = ({ workbench }: Stage): Locator =>
  workbench.page.locator('.monaco-hover:not(.hidden)', { hasText: 'What the verifier knew here' });

const languageItem = ({ workbench }: Stage, text: string): Locator =>
  workbench.page.locator(`[id="status.languageStatus"] [aria-label*="${text}"]`).first();

async function clangdRuns(stage: Stage): Promise<void> {
  await languageItem(stage, `on ${stage.host}`).waitFor({ timeout: 60_000 });
}
