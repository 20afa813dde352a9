import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { AssessPageView } from '../../../src/assess/page/protocol.ts';
import { assessmentView } from '../../../src/assess/page/view.ts';
import { keepAsking } from '../../harness/host/roundTrips.ts';
import { eventually } from '../../harness/host/wait.ts';
import { axeFaults } from '../../harness/vscode/axe.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { inEveryTheme, inNarrowWindow } from '../../harness/vscode/themes.ts';
import { assessmentOf, flow } from '../../unit/assess/flows.ts';
import { setStage, type Stage } from './stage.ts';

/** A person's: the cgroup is the test's own, others of this machine have nothing to do with it. */
const KEY = 'ctrl+alt+l';
const SECONDS = 3;
/** A cgroup may be called anything but `/` and a line break. */
const HOSTILE = 'evil$(zap)[a](command:b)<img src=x onerror=alert(1)>\u202E';

/** A page of 41 cgroups, some of which are not to be put on a bypass. */
function crowded(host: string): AssessPageView {
  const slice = '/sys/fs/cgroup/system.slice';
  const flows = Array.from({ length: 60 }, (_, index) =>
    flow({
      client: `${slice}/worker-${index % 40}.service`,
      server: index < 40 ? `${slice}/queue.service` : `${slice}/worker-${(index * 7) % 40}.service`,
      bytesToServer: 5e7 / (index + 1) ** 2,
    }),
  );
  const against = [
    { kind: 'stalls', words: 'nginx waits for data that is there: SO_RCVLOWAT.', isGrave: true },
    { kind: 'small-one-way', words: 'Small messages stay on TCP.', isGrave: false },
  ] as const;
  const assessment = assessmentOf(flows, {
    host,
    notLookedAt: ['What programs ask of their sockets: it was not traced.'],
    relies: (['stalls', 'works'] as const).map((effect) => ({
      process: 'nginx',
      pids: [4711, 4712],
      cgroup: `${slice}/worker-1.service`,
      use: 'rcvlowat',
      title: 'SO_RCVLOWAT',
      calls: 3,
      sockets: 2,
      basis: 'probed',
      effect,
      flows: [0],
      consequence:
        'It would wait for more bytes than it has asked for, until the other end sends more.',
    })),
    verdict: {
      kind: 'doubtful',
      words: 'A bypass would gain, but something speaks against it.',
      reach: 'host',
      cover: [`${slice}/queue.service`],
      against,
      gains: flows.slice(0, 5).map((_flow, index) => ({
        flow: index,
        ratio: 1.5,
        savedMs: 9,
        at: '',
        basis: 'measured',
        isWorth: true,
      })),
      cgroups: ['queue', 'worker-0', 'worker-1'].map((name, index) => ({
        cgroup: `${slice}/${name}.service`,
        label: `${name}.service`,
        flows: [index],
        savedMs: 30 - index,
        ratio: 1.5,
        basis: 'both',
        against: index === 2 ? against : [],
      })),
    },
  });
  const view = assessmentView(assessment);
  return { host, kept: { host }, assessment: view, ageMs: 0, busy: false };
}

describe('the page of an assessment', () => {
  let stage: Stage | undefined;
  let traffic: { stop(): Promise<void>; readonly port: number } | undefined;
  let hostile: { stop(): Promise<void> } | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({
      label: 'assess',
      keybindings: (host, cgroup) => [
        {
          key: KEY,
          command: 'sockmapBypass.assess',
          args: { host, seconds: SECONDS, cgroup: path.dirname(cgroup) },
        },
      ],
    });
    const { place, workbench } = stage;
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    traffic = await keepAsking(place.parent.child('web'), place.cgroup);
    hostile = await keepAsking(place.parent.child(HOSTILE), place.cgroup);
  });
  after(async () => {
    await hostile?.stop();
    await traffic?.stop();
    await stage?.stop();
  });

  const staged = (): Stage => {
    assert.ok(stage);
    return stage;
  };
  const page = () => staged().workbench.webview();
  const text = (selector: string) => page().locator(selector).innerText();
  const photograph = (name: string) =>
    staged().workbench.screenshot(path.join(ARTIFACTS, `assess-${name}.png`));
  const below = (name: string) => staged().place.label.replace(/service$/, name);
  const filter = () => `netperf port ${traffic?.port ?? 0}`;
  const clients = () => page().locator('#pairs-table tbody th').allInnerTexts();
  const assessed = async () => {
    await page().locator('#verdict').waitFor({ timeout: 90_000 });
  };

  it('counts the seconds down, can be cancelled, and says so', async () => {
    const { workbench, host } = staged();
    await workbench.page.keyboard.press('Control+Alt+L');
    const progress = workbench.notification(`Assessing the local traffic of ${host}`);
    // The host is connected to, and the observer compiled, before.
    await progress
      .filter({ hasText: /watching the sockets, \d s left/ })
      .waitFor({ timeout: 90_000 });
    await workbench.pressNotificationButton(/Assessing the local traffic/, 'Cancel');
    await progress.filter({ hasText: /watching/ }).waitFor({ state: 'detached' });
    assert.equal(await workbench.page.locator('.tab', { hasText: 'Local traffic' }).count(), 0);
    await workbench.clearNotifications();
  });

  it('has the verdict first, then who talks to whom', async () => {
    const { workbench, host } = staged();
    await workbench.page.keyboard.press('Control+Alt+L');
    await assessed();
    assert.equal(await text('h1'), `Local traffic of ${host}`);
    assert.equal(await page().locator('#verdict').getAttribute('data-kind'), 'gains');
    assert.match(await text('#basis'), /estimate/);
    const ranked = await page().locator('#cgroups > li').allInnerTexts();
    assert.equal(ranked.length, 3);
    assert.ok(ranked[0]?.startsWith(staged().place.label), ranked[0]);
    const rows = await page().locator('#pairs-table tbody tr').allInnerTexts();
    const own = rows.find((row) => row.includes(`port ${traffic?.port ?? 0}`)) ?? '';
    assert.ok(own.startsWith(`netperf (${below('web')})`), own);
    assert.match(own, /[\d.]+×.*\/s in [\d,]+ messages\/s.*64 B \/ 128 B.*request and answer/s);
    assert.equal(await page().locator('#graph .node').count(), 3);
    assert.equal(await page().locator('#graph .arc.gains').count(), 3, 'two, and that of the key');
  });

  it('shows hostile names as text', async () => {
    const all = await page().locator('main').innerText();
    assert.ok(all.includes('$(zap)[a](command:b)<img src=x onerror=alert(1)><U+202E>'));
    assert.ok(!all.includes('\u202E'));
    assert.equal(await page().locator('main img, main a').count(), 0);
  });

  it('sorts by its headings and filters by what is typed, by keyboard', async () => {
    const { keyboard } = staged().workbench.page;
    const heading = page().locator('#pairs-table thead th').first();
    await heading.locator('button').focus();
    await keyboard.press('Enter');
    assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
    const ascending = await clients();
    assert.deepEqual(ascending, ascending.toSorted());
    await keyboard.press('Enter');
    assert.equal(await heading.getAttribute('aria-sort'), 'descending');
    assert.deepEqual(await clients(), ascending.toReversed());
    await page().locator('#filter').focus();
    await keyboard.type(filter());
    await eventually('it is filtered', async () => (await clients()).length === 1);
    assert.match(await text('#pairs-count'), /^1 of \d pairs$/);
  });

  it('keeps its choices while it is hidden', async () => {
    const { workbench, folder, host } = staged();
    fs.writeFileSync(path.join(folder, 'other.txt'), 'in front');
    await workbench.openFile('other.txt');
    await workbench.page.locator('.tab', { hasText: `Local traffic of ${host}` }).click();
    await assessed();
    assert.equal(await page().locator('#filter').inputValue(), filter());
    assert.equal((await clients()).length, 1);
    await page().locator('#filter').fill('');
  });

  it('is as readable in every theme, and in a narrow window', async () => {
    const { session } = staged();
    await inEveryTheme(session, page(), photograph);
    await page().locator('#pairs').scrollIntoViewIfNeeded();
    await photograph('below');
    await page().locator('h1').scrollIntoViewIfNeeded();
    const overflow = await inNarrowWindow(session, page(), async () => {
      await photograph('560');
      await page().locator('#pairs').scrollIntoViewIfNeeded();
      await photograph('560-below');
    });
    assert.equal(overflow, 0, 'nothing is wider than the page');
  });

  it('is as readable with 40 cgroups, and with what speaks against it', async () => {
    const { session } = staged();
    const message = { type: 'assessment', view: crowded(staged().host) };
    await page()
      .locator('html')
      .evaluate((_html, data) => {
        window.postMessage(data);
      }, message);
    await eventually('it is drawn', async () => {
      return (await page().locator('#graph .node').count()) === 40;
    });
    const names = page().locator('#graph .node text:first-of-type');
    const boxes = await names.evaluateAll((texts) =>
      texts.map((each) => each.getBoundingClientRect().toJSON() as DOMRect),
    );
    const sorted = boxes.toSorted((a, b) => a.top - b.top);
    const left = (await page().locator('#graph svg[role="img"]').boundingBox())?.x ?? NaN;
    const frame = (await page().locator('html').boundingBox())?.x ?? NaN;
    assert.ok(sorted.every((box) => box.left >= left - frame));
    assert.ok(sorted.every(({ top }, index) => top >= (sorted[index - 1]?.bottom ?? -Infinity)));
    await photograph('crowded');
    for (const [name, part] of Object.entries({ graph: '#graph', relies: '#relies' })) {
      await page().locator(part).scrollIntoViewIfNeeded();
      await photograph(`crowded-${name}`);
    }
    await session.setTheme('light');
    await page().locator('h1').scrollIntoViewIfNeeded();
    await photograph('crowded-light');
    await session.setTheme('dark');
    assert.deepEqual(await axeFaults(page()), []);
    // As it is.
    await page().locator('#pairs-table button').first().scrollIntoViewIfNeeded();
    await staged().workbench.page.keyboard.press('Control+Alt+L');
    await eventually('it is as the host is', async () => {
      return (await page().locator('#graph .node').count()) === 3;
    });
  });

  it('is copied as Markdown', async () => {
    await page().locator('#copy').click();
    const copied = () => staged().workbench.page.evaluate(() => navigator.clipboard.readText());
    await eventually('it is on the clipboard', async () => (await copied()).includes('netperf'));
    assert.ok((await copied()).includes('\\$(zap)\\[a\\](command:b)\\<img'), await copied());
  });

  it('offers a benchmark with the sizes that were seen, and asks where to run it', async () => {
    const { workbench } = staged();
    assert.match((await page().locator('#benchmark').getAttribute('title')) ?? '', /64 B \/ 128 B/);
    await page().locator('#benchmark').click();
    await workbench.dialog().filter({ hasText: 'Load it for this run?' }).waitFor();
    await workbench.pressDialogButton('Do Not Run');
  });

  it('loads there, with the questions of a load', async () => {
    const { workbench, steps, place } = staged();
    await page().locator('#load').click();
    await steps.loaded();
    assert.equal((await place.attached()).length, 1);
    await workbench.pressNotificationButton(/The sockmap bypass is on/, 'Unload');
    await steps.shows(steps.off);
    await workbench.clearNotifications();
  });

  it('has the list of cgroups show the traffic, the busiest first', async () => {
    const { workbench, steps, host, place } = staged();
    await workbench.run('Sockmap: Load sockmap bypass');
    await steps.pickHost(host);
    await steps.shows(steps.asksForCgroup);
    await workbench.input(place.label, { accept: false });
    await workbench.item(place.label).first().waitFor();
    const own = await workbench.item(place.label).first().innerText();
    assert.match(own, /\/s local, [\d,]+ messages\/s \((?:just now|\d+ min ago)\)/);
    await photograph('picker');
    await workbench.dismissQuickInput();
  });

  it('is there again from the Hosts view, after it was closed', async () => {
    const { workbench, host } = staged();
    await workbench.run('View: Close All Editors');
    await workbench.run('Sockmap Bypass: Focus on Hosts View');
    const note = workbench.treeItem('Assessed: would gain');
    await workbench.treeItem(host).first().click();
    await note.waitFor({ timeout: 60_000 });
    await photograph('tree');
    await note.click();
    await assessed();
  });

  it('assesses again: nothing gains once the traffic has ended, and it says so', async () => {
    await hostile?.stop();
    await traffic?.stop();
    await page().locator('#again').click();
    await page().locator('#state', { hasText: 'Assessing…' }).waitFor();
    await page().locator('#verdict[data-kind="nothing"]').waitFor({ timeout: 60_000 });
    assert.match(await text('#verdict'), /^Nothing here would gain/);
    assert.equal(await page().locator('#load').isVisible(), false);
    await photograph('nothing');
  });

  it('says after a reload of the window that it has ended, and offers another', async () => {
    const { session, workbench, host } = staged();
    await session.reload(`Local traffic of ${host}`);
    await workbench.page.locator('.tab', { hasText: `Local traffic of ${host}` }).click();
    await page().locator('#gone').waitFor();
    assert.match(await text('#gone'), /ended when the window was reloaded/);
    assert.equal(await page().locator('#assessment').isVisible(), false);
    await page().locator('#again').waitFor();
    await photograph('gone');
    const errors = session
      .browserErrors()
      .filter((each) => /Content Security Policy|assess\.(js|css)/i.test(each));
    assert.deepEqual(errors, []);
  });

  it('has left nothing on the host', async () => {
    const { parent } = staged().place;
    const own = ['web', HOSTILE].map((name) => path.join(parent.path, name));
    assert.deepEqual(
      (await staged().left()).filter((each) => !own.includes(each)),
      [],
    );
  });
});
