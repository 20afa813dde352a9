import assert from 'node:assert/strict';
import path from 'node:path';
import { bypassStatus } from '../../../src/bypass/load.ts';
import { Host } from '../../../src/host/host.ts';
import { startCanaryService, type CanaryService } from '../../harness/host/canaryService.ts';
import { makeNetns, type TestNetns } from '../../harness/host/traffic.ts';
import { heldNames } from '../../harness/host/held.ts';
import { eventually } from '../../harness/host/wait.ts';
import { run } from '../../harness/run.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { axeFaults, drawnIn } from '../../harness/vscode/axe.ts';
import { inEveryTheme, inNarrowWindow } from '../../harness/vscode/themes.ts';
import { setStage, type Stage } from './stage.ts';

describe('a canary in the window', () => {
  let stage: Stage | undefined;
  let netns: TestNetns | undefined;
  let service: CanaryService | undefined;
  const local = new Host('local');
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'canary' });
    netns = await makeNetns();
    await stage.steps.load(stage.host, stage.place.label);
    await stage.workbench.clearNotifications();
  });
  after(async () => {
    await service?.stop();
    await netns?.remove();
    await local.dispose();
    await stage?.stop();
  });

  const page = () => {
    assert.ok(stage);
    return stage.workbench.webview();
  };
  const text = (selector: string) => page().locator(selector).innerText();
  const photograph = (name: string) => {
    assert.ok(stage);
    return stage.workbench.screenshot(path.join(ARTIFACTS, `canary-${name}.png`));
  };
  /** Undefined where all new connections are bypassed. */
  const share = async (): Promise<number | undefined> => {
    const { attachments } = await bypassStatus(local);
    return attachments.find(({ cgroups }) => cgroups.includes(stage?.place.cgroup ?? ''))?.config
      ?.share;
  };
  const programsLeft = (): Promise<string[]> => heldNames('prog', 'canary_');
  const serve = async (how: 'plain' | 'slow:2'): Promise<void> => {
    assert.ok(stage && netns);
    await service?.stop();
    service = await startCanaryService({ cgroup: stage.place.cgroup, netns: netns.name }, how, 2);
  };
  /** One of the form's questions: what it offers, or another answer. */
  const answer = async (asked: RegExp, given?: string): Promise<void> => {
    assert.ok(stage);
    const { quick, page: window } = stage.workbench;
    await quick.filter({ hasText: asked }).waitFor();
    if (given !== undefined) await quick.locator('input.input:visible').fill(given);
    await window.keyboard.press('Enter');
  };
  const hasAnswers = (): Promise<boolean> =>
    eventually('both groups have answers', async () =>
      /answers\s+[1-9][\d,]*\s+[1-9]/.test(await text('#canary-counts')),
    );

  it('asks, with a way back, and shows both distributions as they grow', async () => {
    assert.ok(stage);
    const { workbench, host, steps } = stage;
    await serve('plain');
    await workbench.run('Sockmap: Show bypass status');
    await steps.pickHost(host);
    await page().locator('#canary-begin').click();
    await answer(/\(1\/4\)/, '150');
    await workbench.quick.filter({ hasText: 'in percent: 1 to 99' }).waitFor();
    await answer(/\(1\/4\)/, '40');
    await workbench.quick.filter({ hasText: /\(2\/4\)/ }).waitFor();
    await workbench.goBack();
    await workbench.quick.filter({ hasText: /\(1\/4\)/ }).waitFor();
    assert.equal(await workbench.quickInput().inputValue(), '40');
    await answer(/\(1\/4\)/);
    await answer(/\(2\/4\)/, '60');
    await answer(/\(3\/4\)/, '5');
    await answer(/\(4\/4\)/);
    await page().locator('#canary-counts').waitFor({ timeout: 60_000 });
    assert.equal(await share(), 40);
    await hasAnswers();
    await page().locator('#canary-outcome', { hasText: 'Within the guardrails' }).waitFor({
      timeout: 60_000,
    });
    await eventually('the cost is known', async () =>
      /\d+ ns a message/.test(await text('#canary .facts')),
    );
    assert.match(await text('#canary .facts'), /40%[\s\S]*p99 up to 5x/);
    assert.match(
      await text('#canary-ratios'),
      /p50\s+[\d.]+ µs\s+[\d.]+ µs\s+[\d.]+x \([\d.]+ (to|or)/,
    );
    assert.match(await text('#canary-state'), /^Running: \d+ of 3600 s$/);
  });

  it('is readable in every theme, to axe too, and in a narrow window', async () => {
    assert.ok(stage);
    const { session } = stage;
    const faults: string[] = [];
    await inEveryTheme(session, page(), async (theme) => {
      faults.push(...(await axeFaults(page())).map((fault) => `${theme}: ${fault}`));
      await photograph(theme);
    });
    assert.deepEqual(faults, []);
    const overflow = await inNarrowWindow(session, page(), () => photograph('560'));
    assert.equal(overflow, 0, 'nothing is wider than the page');
  });

  it('ends when asked, and leaves nothing', async () => {
    await page().locator('#canary-end').click();
    await page().locator('#canary-state', { hasText: 'Cancelled' }).waitFor();
    await eventually('the share is as before', async () => (await share()) === undefined);
    await eventually('no program is left', async () => (await programsLeft()).length === 0);
    await page().locator('#canary-begin').waitFor();
  });

  it('sets the share to 0 where a guardrail is crossed, and says why', async () => {
    assert.ok(stage);
    const { workbench, host } = stage;
    await serve('slow:2');
    await page().locator('#canary-begin').click();
    await answer(/\(1\/4\)/);
    await answer(/\(2\/4\)/, '5');
    await answer(/\(3\/4\)/, '');
    await answer(/\(4\/4\)/, '1.05');
    await page().locator('#canary-alarm').waitFor({ timeout: 120_000 });
    assert.match(
      await text('#canary-alarm'),
      /^Crossed: the median answer takes longer than allowed/,
    );
    // The alarm comes with the reading, the end once the host has set the share.
    await page()
      .locator('#canary-state', { hasText: /^Ended after \d+ s: the share is 0$/ })
      .waitFor();
    assert.match(await text('#canary-ratios'), /p50[^]*slower on the bypass/);
    assert.equal(await share(), 0);
    await workbench.notification(/Crossed: the median/).waitFor();
    await eventually('the page reads it', async () =>
      /\b0% of new connections/.test(await text('header .facts')),
    );
    for (const theme of ['dark', 'light'] as const) {
      await stage.session.setTheme(theme);
      await drawnIn(page(), theme);
      await photograph(`crossed-${theme}`);
    }
    assert.deepEqual(await programsLeft(), []);
    assert.equal(await workbench.notification(/Could not/).count(), 0, host);
  });

  it('leaves nothing on the host', async () => {
    assert.ok(stage);
    await service?.stop();
    await run('sh', ['bpf/tools/sockmap-bypassctl', 'unload', '--cgroup', stage.place.cgroup]);
    assert.deepEqual(await stage.left(), []);
  });
});
