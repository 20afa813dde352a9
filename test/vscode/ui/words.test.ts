import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { cgroupMount } from '../../harness/cgroup.ts';
import { run } from '../../harness/run.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory } from '../../harness/temporary.ts';
import { resultDocument } from '../../unit/results/documents.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const LOAD = 'Sockmap: Load sockmap bypass';
/** Output of a host that wants to mislead a person. */
const SAID =
  '[click](command:workbench.action.closeWindow) [site](https://evil.example) $(zap) \u202egnp.exe \u001b[31mred';
const SHOWN =
  /error: \[click\] \(command:workbench\.action\.closeWindow\) \[site\] \(https:\/\/evil\.example\) \$ \(zap\) <U\+202E>gnp\.exe <U\+001B>\[31mred/;

describe('words of a hostile host', () => {
  let stage: Stage | undefined;
  let hostile: { sshd: TestSshd; stop(): Promise<void> } | undefined;
  let odd: string | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'words' });
    hostile = await startHostileHost();
    fs.appendFileSync(
      stage.sshd.configFile,
      `\n${fs.readFileSync(hostile.sshd.configFile, 'utf8')}`,
    );
    odd = path.join(stage.place.cgroup, '$(zap) [x](command:y) \u202efdp');
    fs.mkdirSync(odd);
  });
  after(async () => {
    if (odd !== undefined) fs.rmdirSync(odd);
    await stage?.stop();
    await hostile?.stop();
  });

  it('are text in a notification, with neither a link nor an icon', async () => {
    assert.ok(stage);
    const { workbench, steps, place, session } = stage;
    await workbench.run(LOAD);
    await steps.pickHost('hostile');
    await steps.shows(steps.asksForCgroup);
    await workbench.input(place.cgroup, { accept: false });
    await workbench.pick('Another path');
    await steps.pastWarning(steps.failure);
    await steps.failure.first().waitFor();
    assert.match(await steps.failure.first().innerText(), SHOWN);
    const all = workbench.page.locator('.notification-list-item-message');
    assert.ok((await all.count()) >= 1);
    assert.equal(await all.locator('a').count(), 0);
    assert.equal(await all.locator('.codicon-zap').count(), 0);
    for (const theme of ['light', 'dark'] as const) {
      await session.setTheme(theme);
      await workbench.screenshot(path.join(ARTIFACTS, `words-${theme}.png`));
    }
    await workbench.clearNotifications();
  });

  it('are text in a list, where they name a cgroup', async () => {
    assert.ok(stage);
    const { workbench, steps, host, place } = stage;
    await workbench.run(LOAD);
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    await workbench.input(`${place.label}/`, { accept: false });
    const row = workbench.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: `${place.label}/$ (zap) [x] (command:y) <U+202E>fdp` });
    await row.waitFor();
    assert.equal(await row.locator('.codicon-zap').count(), 0);
    await workbench.screenshot(path.join(ARTIFACTS, 'words-list.png'));
    await workbench.dismissQuickInput();
  });

  it('of the root cgroup, however it is spelled, come in a dialog whose safe button has the focus', async () => {
    assert.ok(stage);
    const { workbench, steps } = stage;
    for (const spelled of ['/.', '//', './', `${cgroupMount() ?? ''}/`]) {
      await workbench.run(LOAD);
      // Nothing compiles there, so nothing can be attached.
      await steps.pickHost('hostile');
      await steps.shows(steps.asksForCgroup);
      await workbench.input(spelled, { accept: false });
      await workbench.pick('Another path');
      await workbench.dialog().filter({ hasText: 'holds every process' }).waitFor();
      assert.equal(await focused(stage), 'Choose Another', spelled);
      if (spelled === '/.') await workbench.screenshot(path.join(ARTIFACTS, 'words-root.png'));
      await workbench.page.keyboard.press('Enter');
      await workbench.dialog().waitFor({ state: 'detached' });
      await steps.shows(steps.asksForCgroup);
      await workbench.dismissQuickInput();
    }
    assert.equal(await steps.failure.count(), 0);
  });

  it('of a document name a host: nothing connects there before a person agrees', async () => {
    assert.ok(stage);
    const { workbench, folder, session } = stage;
    const { finishedAt: _, ...cut } = resultDocument();
    const document = { ...cut, host: { ...cut.host, name: 'root@127.0.0.9' }, cgroup: '/a/b' };
    const name = 'theirs.sockmap-bench.json';
    fs.writeFileSync(path.join(folder, name), JSON.stringify(document));
    await session.setTheme('light');
    await workbench.run('Sockmap: Resume benchmark');
    await workbench.pick(name);
    const dialog = workbench.dialog();
    await dialog.filter({ hasText: 'Connect to root@127.0.0.9?' }).waitFor();
    assert.match(await dialog.innerText(), /theirs\.sockmap-bench\.json names .*\/a\/b/);
    assert.equal(await focused(stage), 'Do Not Connect');
    await workbench.screenshot(path.join(ARTIFACTS, 'words-consent.png'));
    await workbench.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.doesNotMatch(session.logs(), /root@127\.0\.0\.9(?: \(root\))?: /);
  });
});

const focused = ({ workbench }: Stage): Promise<string | undefined> =>
  workbench.page.evaluate(() => document.activeElement?.textContent);

/** A host whose clang compiles nothing, and says what it likes. */
async function startHostileHost(): Promise<{ sshd: TestSshd; stop(): Promise<void> }> {
  const directory = temporaryDirectory();
  fs.chmodSync(directory.path, 0o755);
  const said = path.join(directory.path, 'said');
  fs.writeFileSync(said, `x.c:1:1: error: ${SAID}\n`, { mode: 0o644 });
  const clang = (await run('sh', ['-c', 'command -v clang'])).trim();
  const tools = path.join(directory.path, 'tools');
  fs.mkdirSync(tools, { mode: 0o755 });
  fs.writeFileSync(
    path.join(tools, 'clang'),
    `#!/bin/sh
case " $* " in *' -c '* | *' -o '*) cat '${said}' >&2; exit 1 ;; esac
exec '${clang}' "$@"
`,
    { mode: 0o755 },
  );
  const sshd = await startSshd({
    alias: 'hostile',
    serverLines: [
      `SetEnv PATH=${tools}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ],
  });
  return {
    sshd,
    async stop() {
      await sshd.stop();
      await directory.remove();
    },
  };
}
