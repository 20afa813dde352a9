import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bypassStatus } from '../../../src/bypass/load.ts';
import type { Attachment } from '../../../src/bypass/attachment.ts';
import { Host } from '../../../src/host/host.ts';
import { makeNetns, Pair, type TestNetns } from '../../harness/host/traffic.ts';
import { eventually } from '../../harness/host/wait.ts';
import { run } from '../../harness/run.ts';
import { temporaryDirectory } from '../../harness/temporary.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { inEveryTheme, inNarrowWindow } from '../../harness/vscode/themes.ts';
import { setStage, type Stage } from './stage.ts';

const STATUS = 'Sockmap: Show bypass status';

describe('the live page of a bypass', () => {
  const records = temporaryDirectory();
  const [readings, broken] = ['readings', 'broken'].map((name) => path.join(records.path, name));
  let stage: Stage | undefined;
  let netns: TestNetns | undefined;
  let traffic: { stop(): Promise<void>; readonly moved: () => number } | undefined;
  const local = new Host('local');
  keepEvidence(() => stage?.session);

  before(async () => {
    assert.ok(readings !== undefined && broken !== undefined);
    fs.writeFileSync(readings, '');
    fs.chmodSync(records.path, 0o711);
    fs.chmodSync(readings, 0o666);
    const real = async (name: string) => (await run('sh', ['-c', `command -v ${name}`])).trim();
    stage = await setStage({
      label: 'live',
      tools: {
        ss: `#!/bin/sh\necho >>'${readings}'\nexec '${await real('ss')}' "$@"\n`,
        bpftool: `#!/bin/sh\n[ ! -e '${broken}' ] || { echo 'Error: broken for a test' >&2; exit 1; }\nexec '${await real('bpftool')}' "$@"\n`,
      },
    });
    netns = await makeNetns();
    await stage.steps.load(stage.host, stage.place.label);
    await stage.workbench.clearNotifications();
    traffic = await keepTalking(stage.place.cgroup, netns);
  });
  after(async () => {
    await traffic?.stop();
    await netns?.remove();
    await local.dispose();
    await stage?.stop();
    await records.remove();
  });

  const page = () => {
    assert.ok(stage);
    return stage.workbench.webview();
  };
  const text = (selector: string) => page().locator(selector).innerText();
  /** The last value of a line of the chart. */
  const latest = (series: 0 | 1): Promise<number | null> =>
    page()
      .locator('#chart')
      .evaluate((canvas, index) => {
        const { Chart } = window as unknown as {
          Chart: {
            getChart(canvas: Element): { data: { datasets: { data: { y: number | null }[] }[] } };
          };
        };
        return Chart.getChart(canvas).data.datasets[index]?.data.at(-1)?.y ?? null;
      }, series);
  const own = async (): Promise<Attachment> => {
    const found = (await bypassStatus(local)).attachments.find(({ cgroups }) =>
      cgroups.includes(stage?.place.cgroup ?? ''),
    );
    assert.ok(found);
    return found;
  };
  const openByPalette = async (): Promise<void> => {
    assert.ok(stage);
    await stage.workbench.run(STATUS);
    await stage.steps.pickHost(stage.host);
    await page().locator('#bypass').waitFor();
  };
  const pageTab = () => {
    assert.ok(stage);
    return stage.workbench.page.locator('.tabs-container .tab', {
      hasText: `Bypass on ${stage.host}`,
    });
  };
  const photograph = (name: string) => {
    assert.ok(stage);
    return stage.workbench.screenshot(path.join(ARTIFACTS, `live-${name}.png`));
  };
  const readingsSoFar = (): number => fs.readFileSync(readings ?? '', 'utf8').length;

  it('opens from the status command and shows what goes by', async () => {
    assert.ok(stage);
    await openByPalette();
    assert.equal(await text('h1'), `Bypass on ${stage.host}`);
    await eventually('bytes go by', async () => ((await latest(0)) ?? 0) > 0);
    assert.match(await text('#now-bypass'), /^[\d.,]+ [KMG]?i?B\/s$/);
    assert.equal(await latest(1), 0, 'nothing goes over TCP');
    assert.match(await text('#age'), /^updated \d+ s ago$/);
    assert.match(
      await text('[data-counter="redirected_bytes"]'),
      /redirected bytes\s+[\d.,]+ .?i?B/,
    );
    assert.match(await text('#sockets-note'), /^TCP sockets of these cgroups, all 2/);
    assert.match(
      await text('#sockets tbody tr:first-child'),
      /^(node|MainThread) \(\d+\)\s+127\.0\.0\.1:\d+\s+127\.0\.0\.1:\d+\s+yes\s+0 B\/s$/,
    );
  });

  it('is as readable in every theme, and in a narrow window', async () => {
    assert.ok(stage);
    const { session } = stage;
    await inEveryTheme(session, page(), photograph);
    await page().locator('#sockets').scrollIntoViewIfNeeded();
    await photograph('below');
    await page().locator('h1').scrollIntoViewIfNeeded();
    const overflow = await inNarrowWindow(session, page(), async () => {
      await photograph('560');
      await page().locator('#mode-off').scrollIntoViewIfNeeded();
      await photograph('560-below');
    });
    assert.equal(overflow, 0, 'nothing is wider than the page');
  });

  it('switches off by the keyboard; the chart shows TCP then', async () => {
    assert.ok(stage);
    await page().locator('#mode-off').focus();
    await stage.workbench.page.keyboard.press('Enter');
    await page().locator('#mode-off[aria-pressed="true"]').waitFor();
    assert.equal((await own()).config?.mode, 'off');
    assert.equal(await text('#state'), 'Switched off');
    await eventually('it goes over TCP', async () => ((await latest(1)) ?? 0) > 0);
    await eventually('nothing goes by the bypass', async () => (await latest(0)) === 0);
    assert.match(await text('[data-counter="tcp_switched_off"]'), /switched off\s+2\s+\+2/);
    await stage.workbench.statusBarItem(`Sockmap off: ${stage.host}`).waitFor();
    await photograph('off');
  });

  it('changes the limits alone, and the mode without them', async () => {
    const bound = page().locator('#queue-bound');
    await bound.fill('2000');
    assert.equal(await bound.evaluate((input: HTMLInputElement) => input.validity.valid), false);
    await bound.fill('7');
    await page().locator('#one-way-limit').fill('99');
    await page().locator('#apply').click();
    await eventually('the programs have them', async () => {
      const { config } = await own();
      return config?.oneWayLimit === 99 && config.queueBound === 7 << 20;
    });
    assert.equal((await own()).config?.mode, 'off');
    await page().locator('#apply:disabled').waitFor();
    await page().locator('#mode-guarded').click();
    await page().locator('#mode-guarded[aria-pressed="true"]').waitFor();
    const { config } = await own();
    assert.deepEqual(
      [config?.mode, config?.oneWayLimit, config?.share],
      ['guarded', 99, undefined],
    );
  });

  it('changes the share of new connections', async () => {
    await page().locator('#share').fill('101');
    await page().locator('#apply').click();
    await page().locator('#share').fill('25');
    await page().locator('#apply').click();
    await eventually('the programs have it', async () => (await own()).config?.share === 25);
    await page().locator('.facts', { hasText: '25% of new connections' }).waitFor();
    await photograph('share');
    await page().locator('#share').fill('100');
    await page().locator('#apply').click();
    await eventually(
      'all are bypassed again',
      async () => (await own()).config?.share === undefined,
    );
    assert.equal((await own()).config?.oneWayLimit, 99);
  });

  it('asks before connections between containers', async () => {
    assert.ok(stage);
    const { workbench } = stage;
    await page().locator('#reach-host').click();
    await workbench.dialog().filter({ hasText: 'between containers' }).waitFor();
    await workbench.pressDialogButton('Leave It As It Is');
    await page().locator('#reach-host[aria-disabled="false"]').waitFor();
    assert.equal((await own()).config?.reach, 'namespace');
  });

  it('says why it is stale, and goes on with Retry', async () => {
    assert.ok(broken !== undefined);
    fs.writeFileSync(broken, '');
    await page().locator('#problem').waitFor();
    assert.match(await text('#problem'), /Could not read .*: .*broken for a test|bpftool did not/);
    assert.match(await text('#age'), /^not updated for \d+ s$/);
    await photograph('stale');
    fs.rmSync(broken);
    await page().locator('#retry').click();
    await page().locator('#problem').waitFor({ state: 'hidden' });
    assert.match(await text('#age'), /^updated \d+ s ago$/);
  });

  it('leaves the host alone while it is hidden', async () => {
    assert.ok(stage);
    const { workbench, folder } = stage;
    fs.writeFileSync(path.join(folder, 'other.txt'), 'in front');
    const before = readingsSoFar();
    await eventually('it is read', () => readingsSoFar() > before);
    await workbench.openFile('other.txt');
    await eventually('a reading under way has ended', async () => {
      const now = readingsSoFar();
      await delay(3000);
      return readingsSoFar() === now;
    });
    const hidden = readingsSoFar();
    await delay(8000);
    assert.equal(readingsSoFar(), hidden);
    await pageTab().click();
    await eventually('it is read again', () => readingsSoFar() > hidden);
    await page().locator('#bypass').waitFor();
  });

  it('has the status as text one click away', async () => {
    assert.ok(stage);
    const { workbench, host } = stage;
    await page().locator('#report').click();
    await workbench.tab(`Bypass status of ${host}`).waitFor();
    const report = await eventually('the report is there', async () => {
      const shown = await workbench.editorText();
      return shown.includes('sockmap_sockops') ? shown : '';
    });
    assert.match(report, /one-way limit +99 small messages/);
    const errors = stage.session
      .browserErrors()
      .filter((each) => /Content Security Policy|live\.(js|css)/i.test(each));
    assert.deepEqual(errors, []);
    await pageTab().click();
  });

  it('is there again after the window was reloaded', async () => {
    assert.ok(stage);
    await stage.session.reload(`Bypass on ${stage.host}`);
    // VS Code may have kept another editor as the one in front: it notes that a moment after the click.
    await pageTab().click();
    await page().locator('#bypass').waitFor();
    await eventually('it is read', async () => (await latest(0)) !== null);
    await stage.workbench.statusBarItem(`Sockmap on: ${stage.host}`).waitFor();
  });

  it('says that it was unloaded', async () => {
    assert.ok(stage);
    const { place } = stage;
    await traffic?.stop();
    await run('sh', ['bpf/tools/sockmap-bypassctl', 'unload', '--cgroup', place.cgroup]);
    await page().locator('#gone').waitFor();
    assert.match(await text('#gone'), /is no longer loaded: it was not found at /);
    await photograph('gone');
    assert.equal(await page().locator('#state').isVisible(), false);
    assert.deepEqual(await stage.left(), []);
  });
});

/** Connects, and sends to and fro until it is stopped. */
async function keepTalking(cgroup: string, netns: TestNetns) {
  const pair = await Pair.connect(cgroup, netns);
  let [isOn, bytes] = [true, 0];
  const talking = (async () => {
    while (isOn) {
      await pair.move(1 << 20);
      bytes += 1 << 20;
      await delay(50);
    }
  })();
  return {
    moved: () => bytes,
    stop: async () => {
      isOn = false;
      await talking;
      await pair.close();
    },
  };
}
