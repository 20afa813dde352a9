import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument, type Plan, type ResultDocument } from '../../../src/results/document.ts';
import { fleetOf } from '../../../src/results/fleet/fleet.ts';
import { scaled } from '../../unit/results/documents.ts';
import { attachedTo } from '../../harness/host/bypass.ts';
import { SLOW_CLANG, startFleet, type Fleet } from '../../harness/host/fleet.ts';
import { eventually } from '../../harness/host/wait.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { drawnIn } from '../../harness/vscode/axe.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { drive } from '../../harness/vscode/drive.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';
import { THEMES, type Theme } from '../../harness/vscode/workbench.ts';

/** Measured on a real host, with every figure's samples. */
const RECORDED = path.resolve(
  import.meta.dirname,
  '../../unit/recorded/bench/all-figures.sockmap-bench.json',
);
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/fleet');
const SUFFIX = '.sockmap-bench.json';

/** So short that a test can wait for it. */
const PLAN: Plan = {
  name: 'canary',
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 3,
};

describe('the fleet page and a roll-out', function () {
  // Hosts, Ansible and the window share the CPUs of one machine.
  this.timeout('10m');
  let fleet: Fleet | undefined;
  let folder: TemporaryDirectory | undefined;
  let ansible: TemporaryDirectory | undefined;
  let session: Session | undefined;
  keepEvidence(() => session);

  before(async () => {
    fleet = await startFleet(2);
    fs.appendFileSync(fleet.configFile, 'Host gone\n  ProxyCommand false\n');
    folder = temporaryDirectory({ 'canary.sockmap-plan.json': JSON.stringify(PLAN) });
    ansible = temporaryDirectory();
    const inAnsible = (name: string) => path.join(ansible?.path ?? '', name);
    const args = {
      hosts: fleet.hosts.map(({ name }) => name),
      cgroup: 'app.slice',
      plan: path.join(folder.path, 'canary.sockmap-plan.json'),
      folder: inAnsible('roll-outs'),
    };
    session = await startSession({
      extensions: [await packageExtension()],
      folder: folder.path,
      settings: { 'sockmapBypass.ssh.configFile': fleet.configFile },
      // The hosts share the home directory of this machine.
      env: { ANSIBLE_HOME: inAnsible('home'), ANSIBLE_REMOTE_TEMP: inAnsible('remote') },
      keybindings: [
        { key: 'ctrl+alt+r', command: 'sockmapBypass.rollOut', args },
        { key: 'ctrl+alt+d', command: 'sockmapBypass.rollOut', args: { ...args, check: true } },
      ],
      viewport: { width: 1440, height: 900 },
    });
  });
  after(async () => {
    await session?.stop();
    await fleet?.stop();
    await folder?.remove();
    await ansible?.remove();
  });

  const parts = () => {
    assert.ok(session && fleet && folder && ansible);
    const { workbench } = session;
    const page = workbench.webview();
    return { session, workbench, fleet, folder, ansible, page };
  };
  const row = (host: string) => parts().page.locator(`tr[data-host="${host}"]`);
  const inFolder = (name: string) => path.join(parts().folder.path, name);
  const onHosts = async () => {
    const on = await Promise.all(parts().fleet.hosts.map(({ cgroup }) => attachedTo(cgroup)));
    return on.map((programs) => programs.length);
  };

  it('says what to do where no host was used', async () => {
    const { workbench, page } = parts();
    await workbench.run('Sockmap: Open fleet page');
    await page.locator('#empty', { hasText: 'No host has been used yet.' }).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'empty.png'));
    await page.getByRole('button', { name: 'Check a host…' }).click();
    await workbench.quickInput().waitFor();
    await workbench.dismissQuickInput();
  });

  it('a dry run changes nothing', async () => {
    const { workbench, ansible: place } = parts();
    await workbench.page.keyboard.press('Control+Alt+D');
    const done = workbench.notification('The dry run went well on host1 and host2');
    await done.waitFor({ timeout: 240_000 });
    assert.deepEqual(await onHosts(), [0, 0]);
    assert.equal(fs.readdirSync(path.join(place.path, 'roll-outs')).length, 1);
    await workbench.clearNotifications();
  });

  it('a roll-out stops at a canary host whose bypass is slow: it is rolled back, the other untouched', async () => {
    const { workbench, page, fleet: hosts, folder: place } = parts();
    const [canary] = hosts.hosts;
    canary?.install('clang', SLOW_CLANG);
    await workbench.page.keyboard.press('Control+Alt+R');
    const stopped = workbench.notification('The roll-out stopped at a host that failed');
    await stopped.waitFor({ timeout: 300_000 });
    assert.deepEqual(await onHosts(), [0, 0]);
    await page.locator('#state', { hasText: '2 hosts, 0 with the bypass on' }).waitFor();
    await row('host1').locator('.outcome', { hasText: 'slower or stalled' }).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'stopped.png'));
    canary?.install('clang', '#!/bin/sh\nexec /usr/bin/clang "$@"\n');
    for (const name of fs.readdirSync(place.path).filter((each) => each.endsWith(SUFFIX)))
      fs.rmSync(path.join(place.path, name));
    await workbench.clearNotifications();
  });

  it('a roll-out measures a canary host and loads on all, and the page shows it', async () => {
    const { workbench, page, folder: place } = parts();
    await workbench.page.keyboard.press('Control+Alt+R');
    await workbench.page.locator('.terminal-wrapper:visible').first().waitFor();
    const done = workbench.notification('Rolled out to host1 and host2.');
    await done.waitFor({ timeout: 300_000 });
    assert.deepEqual(
      (await onHosts()).map((programs) => programs > 0),
      [true, true],
    );
    await page.locator('#state', { hasText: '2 hosts, 2 with the bypass on' }).waitFor();
    await page.locator('#numbers tbody tr', { hasText: 'host1' }).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'rolled-out.png'));
    for (const host of ['host1', 'host2']) {
      const text = await row(host).innerText();
      assert.match(text, /guarded\s+each namespace\s+no/);
    }
    const documents = fs.readdirSync(place.path).filter((name) => name.endsWith(SUFFIX));
    assert.equal(documents.length, 1, documents.join());
    await row('host1')
      .getByRole('button', { name: /^Open the result of host1/ })
      .click();
    await page.locator('#state', { hasText: 'Finished' }).waitFor();
    await workbench.clearNotifications();
    await workbench.run('View: Close All Editors');
  });

  it('shows each host and its ratios, and what they come to, as a chart and as numbers', async () => {
    const { workbench, page } = parts();
    const measured = parseDocument(fs.readFileSync(RECORDED, 'utf8'));
    const speeds = { host1: 1, host2: 1.3, web3: 1.1 };
    const documents = Object.entries(speeds).map(([name, speed]): ResultDocument => ({
      ...measured,
      id: crypto.randomUUID(),
      startedAt: new Date().toISOString(),
      host: { ...measured.host, name },
      samples: measured.samples.map((sample) =>
        sample.arm === 'bypass' && sample.experiment !== 'connections'
          ? scaled(sample, speed)
          : sample,
      ),
    }));
    for (const document of documents)
      fs.writeFileSync(inFolder(`${document.host.name}${SUFFIX}`), JSON.stringify(document));
    await workbench.run('Sockmap: Open fleet page');
    await row('web3').waitFor();
    await page.locator('#numbers tbody tr').nth(2).waitFor();
    const [place] = fleetOf(documents).places;
    assert.ok(place?.summary);
    const drawn = await page.locator('#chart').evaluate((canvas) => {
      interface Live {
        readonly data: {
          readonly datasets: readonly { readonly data: readonly { readonly x: number | null }[] }[];
        };
      }
      const { Chart } = window as unknown as { Chart: { getChart(of: Element): Live | undefined } };
      return Chart.getChart(canvas)?.data.datasets.map(({ data }) => data.map(({ x }) => x));
    });
    const [hosts, all] = drawn ?? [];
    const wanted = place.hosts.map(({ ratio }) => ratio?.ratio ?? null);
    assert.deepEqual([...(hosts ?? [])].slice(0, 3).sort(), [...wanted].sort());
    assert.ok(Math.abs((all?.[3] ?? NaN) - place.summary.ratio) < 1e-9);
    assert.match(await page.locator('#summary').innerText(), /times the better TCP across 3 hosts/);
    assert.match(await page.locator('#numbers tfoot').innerText(), /Fleet, 3 hosts/);
    const options = await page.locator('#place option').allInnerTexts();
    assert.ok(options.length > 3, options.join());
    await page.locator('#place').selectOption({ index: 2 });
    await page.locator('#numbers caption', { hasText: options[2]?.split(' (')[0] ?? '' }).waitFor();
    await page.locator('#chart').focus();
    await workbench.page.keyboard.press('ArrowDown');
    await page
      .locator('#spoken', { hasText: /^(host1|host2|web3): / })
      .waitFor({ state: 'attached' });
    await workbench.page.keyboard.press('Escape');
  });

  it('shows why a host could not be read, and tries again on request', async () => {
    const { workbench, page, fleet: hosts } = parts();
    const { asksForHost } = drive(workbench);
    await workbench.run('Sockmap: Check host');
    await asksForHost.waitFor();
    await workbench.input('gone', { accept: false });
    await workbench.pick('gone');
    await workbench.notification(/gone/).waitFor({ timeout: 60_000 });
    await workbench.clearNotifications();
    await page.getByRole('button', { name: 'Read again' }).click();
    const retry = page.getByRole('button', { name: 'Retry gone' });
    await retry.waitFor({ timeout: 60_000 });
    await page.locator('#state', { hasText: '1 could not be read' }).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'failed.png'));
    const config = fs.readFileSync(hosts.configFile, 'utf8');
    const [stanza = ''] = /^Host host2\n(?: .*\n)*/m.exec(config) ?? [];
    fs.writeFileSync(
      hosts.configFile,
      config.replace('Host gone\n  ProxyCommand false\n', stanza.replace('host2', 'gone')),
    );
    await retry.click();
    await row('gone').locator('td', { hasText: 'guarded' }).waitFor({ timeout: 60_000 });
  });

  it('is there again after a reload, to be read in every theme and in a narrow window', async () => {
    const { session: window, workbench, page } = parts();
    await workbench.run('View: Toggle Panel Visibility');
    await window.reload('Fleet', { hasState: false });
    await row('host2').locator('td', { hasText: 'guarded' }).waitFor({ timeout: 60_000 });
    for (const theme of Object.keys(THEMES) as Theme[]) {
      await window.setTheme(theme);
      await drawnIn(page, theme);
      await workbench.screenshot(path.join(ARTIFACTS, `${theme}.png`));
    }
    await workbench.run('View: Toggle Primary Side Bar Visibility');
    await workbench.page.setViewportSize({ width: 608, height: 900 });
    const width = () =>
      page.locator('body').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    await eventually('the page is no wider than its window', async () => (await width()) <= 0);
    await workbench.screenshot(path.join(ARTIFACTS, 'narrow.png'));
    const errors = window
      .browserErrors()
      .filter((each) => /Content Security Policy|fleet\.(js|css)/i.test(each));
    assert.deepEqual(errors, []);
  });
});
