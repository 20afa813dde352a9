import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument } from '../../../src/results/document.ts';
import { parsePlan, readPlan } from '../../../src/bench/planFile.ts';
import { eventually } from '../../harness/host/wait.ts';
import { ARTIFACTS, keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const SUFFIX = '.sockmap-bench.json';
const BUNDLED = path.join(import.meta.dirname, '../../../media/plans');
const PING = ['--csv', '-t', 'ping_mbulk', '-n', '5000'];

describe('the plan of a benchmark, from the palette', () => {
  let stage: Stage | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({ label: 'plans' });
    await stage.steps.load(stage.host, stage.place.label);
    await stage.workbench.clearNotifications();
  });
  after(async () => {
    await stage?.stop();
  });

  /** As far as the list of plans. */
  const askForPlan = async (): Promise<Stage> => {
    assert.ok(stage);
    await stage.steps.askForPlan(stage.host, stage.place.cgroup);
    return stage;
  };
  const consent = () =>
    stage?.workbench.quick.locator('input[placeholder^="Read the commands"]') ??
    assert.fail('no window');
  const results = (): string[] =>
    fs.readdirSync(stage?.folder ?? '').filter((name) => name.endsWith(SUFFIX));

  it('is offered with its time; one of hours is confirmed before it starts', async () => {
    const { workbench } = await askForPlan();
    const rows = await workbench.quick.locator('.monaco-list-row').allInnerTexts();
    const row = (name: string) => rows.find((each) => each.trim().startsWith(name)) ?? '';
    assert.match(row('Quick'), /about 1 min [12]0 s/);
    assert.match(row('Standard'), /\d min(?: \d0 s)? to (?:9|1[01]) min/);
    assert.match(row('Article'), /about \d+\.\d h/);
    assert.match(row('Containers'), /about 1 min [12]0 s/);
    await workbench.pick('Article');
    const dialog = workbench.dialog();
    await dialog.waitFor();
    assert.match(
      await dialog.innerText(),
      /This takes about \d+\.\d h\.[^]*up to \d+ samples of 60 s/,
    );
    await workbench.pressDialogButton('Cancel');
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(results(), []);
  });

  it('is made step by step, checked while it is typed, kept as a file, and run', async () => {
    const { workbench, steps, folder } = await askForPlan();
    await workbench.pick('Own plan…');
    const answer = async (prompt: RegExp, text: string) => {
      await workbench.quick.filter({ hasText: prompt }).waitFor();
      await workbench.input(text);
    };
    await workbench.quick.filter({ hasText: /Message sizes/ }).waitFor();
    await workbench.input('64, many', { accept: false });
    await workbench.quick
      .filter({ hasText: /"many" is not a size: write 64, 1k or 64 KiB/ })
      .waitFor();
    await workbench.input('4k');
    await answer(/Request sizes/, '64');
    // Two steps back, to what was answered there, and on.
    await workbench.quick.filter({ hasText: /Response sizes/ }).waitFor();
    await workbench.goBack();
    await workbench.quick.filter({ hasText: /Request sizes/ }).waitFor();
    assert.equal(await workbench.quickInput().inputValue(), '64');
    await workbench.goBack();
    await workbench.quick.filter({ hasText: /Message sizes/ }).waitFor();
    assert.equal(await workbench.quickInput().inputValue(), '4k');
    await workbench.page.keyboard.press('Enter');
    await answer(/Request sizes/, '64');
    await answer(/Response sizes/, '1 KiB');
    await workbench.quick.filter({ hasText: /TCP with TCP_NODELAY/ }).waitFor();
    // TCP, TCP without Nagle and the guarded bypass are chosen already.
    await workbench.page.keyboard.press('Enter');
    await workbench.quick
      .filter({ hasText: /Choose where the two ends are|In two network namespaces/ })
      .waitFor();
    await workbench.pick('In one network namespace');
    await answer(/Length of a sample/, '1');
    await answer(/Rounds at most/, '1');
    await answer(/known to within/, '0');
    await workbench.quick.filter({ hasText: /Run it/ }).waitFor();
    await workbench.pick('Save it as a file and run it');
    await workbench.quickInput().waitFor();
    await eventually('a name is proposed', async () =>
      (await workbench.quickInput().inputValue()).endsWith('own.sockmap-plan.json'),
    );
    await workbench.page.keyboard.press('Enter');

    const document = await eventually(
      'the run is finished',
      async () => {
        if ((await steps.failure.count()) > 0) throw new Error(await steps.failure.innerText());
        const [name] = results();
        if (name === undefined) return undefined;
        const read = parseDocument(fs.readFileSync(path.join(folder, name), 'utf8'));
        return read.finishedAt === undefined ? undefined : read;
      },
      90_000,
    );
    const plan = parsePlan(fs.readFileSync(path.join(folder, 'own.sockmap-plan.json'), 'utf8'));
    assert.deepEqual(document?.plan, plan);
    assert.deepEqual(plan, {
      name: 'own',
      points: [
        { experiment: 'throughput', messageBytes: 4096, arms: ['tcp', 'tcp-nodelay', 'bypass'] },
        {
          experiment: 'latency',
          requestBytes: 64,
          responseBytes: 1024,
          arms: ['tcp', 'bypass'],
        },
      ],
      topology: 'loopback',
      secondsPerSample: 1,
      repetitions: 1,
      bpfTime: true,
    });
  });

  it('has workloads, all of whose commands are shown, and asked about once, with the account they run as', async () => {
    assert.ok(stage);
    const { folder } = stage;
    const workload = {
      name: 'redis PING',
      server: ['redis-server', '--bind', '{address}', '--port', '{port}', '--save', ''],
      client: ['redis-benchmark', '-h', '{address}', '-p', '{port}', ...PING],
      metric: { csvColumn: 'rps' },
      unit: 'requests/s',
      higherIsBetter: true,
      warmup: 0,
    };
    // More than a screen of them, with a word that would read backwards.
    const others = Array.from({ length: 20 }, (_, index) => ({
      name: `other ${index}`,
      arms: ['tcp'],
      client: ['echo', `${index} \u202e12`],
      metric: { pattern: '(\\d+)$' },
      unit: 'x',
      higherIsBetter: true,
      warmup: 0,
    }));
    const plan = { workloads: [workload, ...others], secondsPerSample: 1, repetitions: 2 };
    const text = JSON.stringify({ name: 'redis', ...plan });
    fs.writeFileSync(path.join(folder, 'services.sockmap-plan.json'), text);
    const { workbench, steps } = await askForPlan();
    await workbench.pick('services.sockmap-plan.json');
    await workbench.quick.filter({ hasText: /Account to run the commands as/ }).waitFor();
    await workbench.input('nobody');
    await consent().waitFor();
    const shown = () => workbench.editorText();
    assert.match(await shown(), /server: "redis PING"\s+as "nobody":\s+"redis-server" "--bind"/);
    await workbench.screenshot(path.join(ARTIFACTS, 'plan-commands.png'));
    // In a narrow window, too, nothing of them is beyond the editor's edge.
    const size = workbench.page.viewportSize() ?? assert.fail();
    await workbench.page.setViewportSize({ ...size, width: 600 });
    const bar = workbench.editor().locator('.scrollbar.horizontal').first();
    await eventually('its lines are wrapped', () =>
      bar.evaluate(
        (all) => all.querySelector('.slider')?.clientWidth === all.clientWidth || undefined,
      ),
    );
    await workbench.page.setViewportSize(size);
    // To their end by keyboard alone; Enter runs nothing.
    for (const key of ['ArrowDown', 'ArrowDown']) await workbench.page.keyboard.press(key);
    await eventually('the last command is shown', async () => {
      if (/client: "other 19"\s+as "nobody":\s+"echo" "19 \\u202e12"/.test(await shown()))
        return true;
      await workbench.page.keyboard.press('Enter');
      return undefined;
    });
    const before = results().length;
    await workbench.pick('Do Not Run');
    await workbench.quick.waitFor({ state: 'hidden' });
    assert.equal(results().length, before);

    // Others than those that were shown are asked about as well.
    fs.writeFileSync(
      path.join(folder, 'services.sockmap-plan.json'),
      JSON.stringify({ name: 'redis', ...plan, workloads: [workload] }),
    );
    await askForPlan();
    await workbench.pick('services.sockmap-plan.json');
    await workbench.quick.filter({ hasText: /Account to run the commands as/ }).waitFor();
    await workbench.input('nobody');
    await consent().waitFor();
    await workbench.pick('Run');
    const panel = workbench.webview();
    // The title first: the page of the run before may be there still, and is finished.
    const title = panel.locator('#figure-title', { hasText: /^Speed of workloads/ });
    await title.waitFor({ timeout: 90_000 });
    await panel.locator('#state', { hasText: 'Finished' }).waitFor({ timeout: 90_000 });
    assert.equal(await steps.failure.count(), 0);
    assert.match(
      await panel.locator('#findings').innerText(),
      /redis PING: Bypass [\d,]+ requests\/s/,
    );
    assert.match(await panel.locator('table').innerText(), /redis PING[^]*requests\/s[^]*Bypass/);
    await workbench.run('View: Close All Editors');

    await askForPlan();
    await workbench.pick('services.sockmap-plan.json');
    await eventually('a second run has begun', () => results().length === before + 2);
    await panel.locator('#state', { hasText: 'Finished' }).waitFor({ timeout: 90_000 });
  });

  it('is of services that come along, with the percentiles that their clients log', async () => {
    assert.ok(stage);
    const { folder } = stage;
    const first = async (name: string) => {
      const { workloads } = await readPlan(path.join(BUNDLED, `${name}.sockmap-plan.json`));
      return { ...workloads?.[0], arms: ['tcp', 'bypass'], warmup: 0 };
    };
    const workloads = [await first('pgbench'), await first('nginx-wrk')];
    fs.writeFileSync(
      path.join(folder, 'real.sockmap-plan.json'),
      JSON.stringify({ name: 'real', workloads, secondsPerSample: 1, repetitions: 1 }),
    );
    const { workbench, steps } = await askForPlan();
    const before = results().length;
    await workbench.pick('real.sockmap-plan.json');
    await workbench.quick.filter({ hasText: /Account to run the commands as/ }).waitFor();
    await workbench.input('nobody');
    await consent().waitFor();
    await workbench.pick('Run');
    await eventually('a run has begun', () => results().length === before + 1);
    const panel = workbench.webview();
    await panel.locator('#state', { hasText: 'Finished' }).waitFor({ timeout: 150_000 });
    assert.equal(await steps.failure.count(), 0);
    const table = await panel.locator('table').innerText();
    for (const name of ['pgbench, read-only', 'nginx, wrk'])
      assert.match(table, new RegExp(`${name}[^]*Bypass`));
    await workbench.screenshot(path.join(ARTIFACTS, 'services-chart.png'));
    await panel.locator('#tab-distribution').click();
    await panel.locator('#figure-title', { hasText: /^Latency of workloads/ }).waitFor();
    const percentiles = await panel.locator('table').innerText();
    // A busy machine has no more requests, of which ten must be slower.
    assert.match(percentiles, /P90\tTCP, pgbench, read-only\t/);
    assert.match(percentiles, /Bypass, pgbench, read-only\t/);
    assert.match(percentiles, /P99\tTCP, [^]*Bypass, nginx, wrk\t/);
    await workbench.screenshot(path.join(ARTIFACTS, 'services-distribution.png'));
    await workbench.run('View: Close All Editors');
  });

  it('is of a workload of one’s own, whose metric is clicked in its output', async () => {
    const { workbench, steps, folder } = await askForPlan();
    const before = results().length;
    await workbench.pick('Own workload…');
    const step = (number: number) =>
      workbench
        .quickTitle()
        .filter({ hasText: `(${number}/7)` })
        .waitFor();
    await step(1);
    await workbench.input('my redis');
    await step(2);
    const server = 'redis-server --bind {address} --port {port} --save';
    await workbench.input(`${server} "`, { accept: false });
    await workbench.inputMessage().filter({ hasText: 'A quote is left open.' }).waitFor();
    await workbench.input(`${server} "" | tee log`, { accept: false });
    await workbench
      .inputMessage()
      .filter({ hasText: /"--save" "" "\|" "tee" "log" — No shell runs it: \|/ })
      .waitFor();
    await workbench.input(`${server} ""`);
    await step(3);
    await workbench.goBack();
    await step(2);
    assert.equal(await workbench.quickInput().inputValue(), `${server} ""`);
    await workbench.page.keyboard.press('Enter');
    await step(3);
    await workbench.input(['redis-benchmark -h {address} -p {port}', ...PING].join(' '));
    await step(4);
    await workbench.input('nobody');
    await consent().waitFor();
    await workbench.pick('Run');
    await step(5);
    const row = workbench.quick.locator('.monaco-list-row', { hasText: 'the CSV column rps' });
    const number = await row.locator('.label-name').first().innerText();
    await workbench.screenshot(path.join(ARTIFACTS, 'workload-output.png'));
    await workbench.editor().locator('.view-line span span', { hasText: number }).last().click();
    await step(6);
    assert.equal(await workbench.quickInput().inputValue(), 'requests/s');
    await workbench.inputMessage().filter({ hasText: '(the CSV column rps)' }).waitFor();
    await workbench.page.keyboard.press('Enter');
    await step(7);
    await workbench.pick('Higher is better');
    await workbench.pick('Save it as a file and run it');
    await eventually('a name is proposed', async () =>
      (await workbench.quickInput().inputValue()).endsWith('my redis.sockmap-plan.json'),
    );
    await workbench.page.keyboard.press('Enter');
    const panel = workbench.webview();
    await eventually('a run has begun', () => results().length === before + 1, 60_000);
    await panel.locator('#state', { hasText: 'Finished' }).waitFor({ timeout: 150_000 });
    assert.equal(await steps.failure.count(), 0);
    assert.match(
      await panel.locator('#findings').innerText(),
      /my redis: Bypass [\d,]+ requests\/s/,
    );
    await workbench.screenshot(path.join(ARTIFACTS, 'workload-chart.png'));
    await panel.locator('#tab-distribution').click();
    await panel.locator('#figure-title', { hasText: /^Latency of workloads/ }).waitFor();
    assert.match(
      await panel.locator('#findings').innerText(),
      /my redis, P99: Bypass [\d.,]+ µs, TCP [^]*coordinated omission/,
    );
    await workbench.screenshot(path.join(ARTIFACTS, 'workload-distribution.png'));
    const plan = parsePlan(
      fs.readFileSync(path.join(folder, 'my redis.sockmap-plan.json'), 'utf8'),
    );
    const [workload] = plan.workloads ?? [];
    assert.deepEqual(workload?.server?.slice(-2), ['--save', '']);
    assert.deepEqual(workload.metric, { name: 'rps', csvColumn: 'rps' });
    assert.equal(workload.user, 'nobody');
    assert.ok(workload.higherIsBetter);
    await workbench.run('View: Close All Editors');
  });

  it('is offered from its file the next time', async () => {
    const { workbench } = await askForPlan();
    await workbench.item('own.sockmap-plan.json').waitFor();
    await workbench.page.keyboard.press('Escape');
    assert.ok(stage);
    await workbench.clearNotifications();
    await stage.steps.unload(stage.host, stage.place.cgroup);
    assert.deepEqual(await stage.left(), []);
  });
});
