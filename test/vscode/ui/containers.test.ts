import assert from 'node:assert/strict';
import path from 'node:path';
import { shortIds } from '../../../src/text.ts';
import { attachedTo, inodeOf } from '../../harness/host/bypass.ts';
import { removePinsOf } from '../../harness/cgroup.ts';
import { makeNetns, reside } from '../../harness/host/traffic.ts';
import { eventually } from '../../harness/host/wait.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const LOAD = 'Sockmap: Load sockmap bypass';
const [WEB, DB] = ['3f9a1c', 'beef'].map((start) => start.padEnd(64, '0d')) as [string, string];
const DOCKER = `#!/bin/sh
echo '${WEB} web docker.io/library/nginx:1.27'
echo '${DB} db docker.io/library/postgres:17'
`;
const NAMES = {
  web: 'container web · docker.io/library/nginx:1.27',
  db: 'container db · docker.io/library/postgres:17',
};
describe('containers from the palette, by keyboard', () => {
  let stage: Stage | undefined;
  let web = '';
  let db = '';
  const ends: (() => Promise<void> | void)[] = [];
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'containers', tools: { docker: DOCKER } });
    const { parent } = stage.place;
    [web, db] = [WEB, DB].map((id) => parent.child(`docker-${id}.scope`)) as [string, string];
    for (const cgroup of [web, db]) {
      const netns = await makeNetns();
      const resident = reside(cgroup, netns);
      ends.push(
        () => netns.remove(),
        () => void resident.kill(),
      );
    }
  });
  after(async () => {
    for (const cgroup of [web, db]) removePinsOf(inodeOf(cgroup));
    for (const end of ends.reverse()) await end();
    await stage?.stop();
  });

  const attached = async (cgroup: string): Promise<number[]> =>
    (await attachedTo(cgroup)).flatMap(({ id, name }) => (name === 'sockmap_sockops' ? [id] : []));
  const photograph = (name: string) =>
    stage?.workbench.screenshot(path.join(ARTIFACTS, `containers-${name}.png`));

  /** Ticks an item of the open list: the arrow goes into the list, where Space ticks. */
  const tick = async (text: string, label: string, count: number, typed = true): Promise<void> => {
    assert.ok(stage);
    const { workbench } = stage;
    const { keyboard } = workbench.page;
    await workbench.input(text, { accept: false });
    await workbench.item(label).waitFor();
    // The list is made anew for a text, which takes the focus away: this item of it comes then.
    if (typed) {
      const own = workbench.quick.locator('.monaco-list-row', { hasText: 'Another path' });
      await own.filter({ hasText: text }).waitFor();
    }
    const focused = workbench.quick.locator('.monaco-list-row.focused', { hasText: label });
    await eventually('the item has the focus', async () => {
      await keyboard.press('ArrowDown');
      return (await focused.count()) > 0;
    });
    await keyboard.press('Space');
    await workbench.quick.getByText(`${count} Selected`).waitFor();
  };

  /** As far as the question about reach. */
  const chooseBoth = async (theme: string): Promise<Stage> => {
    assert.ok(stage);
    const { workbench, host, steps } = stage;
    await workbench.run(LOAD);
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    await workbench.item('Several cgroups…').waitFor();
    await photograph(`list-${theme}`);
    // The list begins at the first cgroup, one above is the way to several.
    await workbench.page.keyboard.press('ArrowUp');
    await workbench.page.keyboard.press('Enter');
    await workbench.quick.locator('input[placeholder^="Select cgroups"]').waitFor();
    await tick('nginx', NAMES.web, 1);
    await tick('postgres', NAMES.db, 2);
    await workbench.input(stage.place.label.replace('/service', ''), { accept: false });
    await photograph(`ticked-${theme}`);
    await workbench.page.keyboard.press('Enter');
    await steps.shows(workbench.dialog().filter({ hasText: '2 network namespaces' }));
    await photograph(`reach-${theme}`);
    const focused = await workbench.page.evaluate(() => document.activeElement?.textContent);
    assert.equal(focused?.trim(), 'Within Each Network Namespace');
    return stage;
  };

  it('are chosen by their names; a question about reach that is closed loads nothing', async () => {
    assert.ok(stage);
    await stage.session.setTheme('light');
    const { workbench } = await chooseBoth('light');
    assert.match(
      await workbench.dialog().innerText(),
      /network policies[^]*no longer see the bytes/,
    );
    await workbench.page.keyboard.press('Escape');
    await workbench.dialog().waitFor({ state: 'detached' });
    assert.deepEqual([await attached(web), await attached(db)], [[], []]);
    await stage.session.setTheme('dark');
  });

  it('have one bypass, with the reach that was chosen', async () => {
    const { workbench, steps } = await chooseBoth('dark');
    await workbench.page.keyboard.press('Tab');
    await workbench.page.keyboard.press('Enter');
    await steps.loaded();
    assert.match(
      await steps.on.innerText(),
      /between network namespaces, too[^]*docker-3f9a1c0d0d0d….scope and /,
    );
    await photograph('on-dark');
    const [one, ...others] = await attached(web);
    assert.ok(one !== undefined && others.length === 0);
    assert.deepEqual(await attached(db), [one]);
    await workbench.clearNotifications();
  });

  it('are shown with their reach by the status', async () => {
    assert.ok(stage);
    const { workbench, steps, host } = stage;
    await steps.showStatusText(host);
    const report = await eventually('the report shows', async () => {
      const text = await workbench.editorText();
      return text.includes(web) ? text : '';
    });
    assert.match(
      report,
      new RegExp(
        `^container (?:web|db) .*: (?:${web}|${db})\ncontainer .*: (?:${web}|${db})\n *state `,
        'm',
      ),
    );
    assert.match(report, /^ *reach +between network namespaces, too$/m);
    for (const theme of ['light', 'dark'] as const) {
      await stage.session.setTheme(theme);
      await photograph(`status-${theme}`);
    }
  });

  it('stay within their namespaces when the policy says so, while the programs run', async () => {
    assert.ok(stage);
    const { workbench, steps, host } = stage;
    const before = await attached(web);
    await workbench.run('Sockmap: Change bypass policy');
    await steps.pickHost(host);
    await workbench.item('Reach: within each network namespace').waitFor();
    await photograph('policy-dark');
    await workbench.pick('Reach: within each network namespace');
    await steps.shows(workbench.notification(/now works within each network namespace/));
    assert.deepEqual(await attached(web), before);
    await workbench.clearNotifications();
  });

  it('are taken from the bypass and added to it', async () => {
    assert.ok(stage);
    const { workbench, steps, host } = stage;
    const [program] = await attached(web);
    await workbench.run('Sockmap: Remove cgroups from bypass');
    await steps.pickHost(host);
    await workbench.quick.locator('input[placeholder^="Select cgroups"]').waitFor();
    await photograph('take-dark');
    await tick('postgres', NAMES.db, 1, false);
    await workbench.page.keyboard.press('Enter');
    await steps.shows(workbench.notification(/no longer has .*docker-beef/));
    assert.deepEqual([await attached(web), await attached(db)], [[program], []]);
    await workbench.clearNotifications();

    await workbench.run('Sockmap: Add cgroups to bypass');
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    assert.equal(await workbench.item(NAMES.web).count(), 0);
    await workbench.input('postgres', { accept: false });
    await workbench.item(NAMES.db).waitFor();
    await workbench.page.keyboard.press('Enter');
    const added = workbench.notification(
      /has .*docker-beef.*, too\. .*within each network namespace/,
    );
    await steps.pastWarning(added);
    await steps.shows(added);
    assert.deepEqual([await attached(web), await attached(db)], [[program], [program]]);
    await workbench.clearNotifications();
    await steps.unload(host, shortIds(web));
    assert.deepEqual([await attached(web), await attached(db)], [[], []]);
  });
});
