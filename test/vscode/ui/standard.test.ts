import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument, type Plan, type ResultDocument } from '../../../src/results/document.ts';
import { standardPlan } from '../../../src/results/plan.ts';
import { eventually } from '../../harness/host/wait.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { ARTICLE, heldBy, type Held } from '../../harness/vscode/chart.ts';
import { benchmarkStage, type Stage } from './stage.ts';

const SUFFIX = '.sockmap-bench.json';
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/panel');
const RUN = 'Control+Alt+F9';
/** Twice what a run takes at most here: whatever takes longer hangs. */
const PATIENCE_MS = 30 * 60_000;

const ascending = (values: readonly number[]): number[] =>
  [...new Set(values)].sort((a, b) => a - b);
/** The standard plan's points, in the fewest rounds that have an interval. */
const { minRepetitions: _rounds, targetInterval: _interval, ...standard } = standardPlan('guarded');
const PLAN: Plan = { ...standard, repetitions: 3 };
const MESSAGES = ascending(
  PLAN.points.flatMap((point) => (point.experiment === 'throughput' ? point.messageBytes : [])),
);
const TRIPS = PLAN.points.filter((point) => point.experiment === 'latency');
const REQUESTS = ascending(TRIPS.map(({ requestBytes }) => requestBytes));
const RESPONSES = ascending(TRIPS.map(({ responseBytes }) => responseBytes));

/** The figures of this plan: their places, and how many lines each arm has. */
const HELD = {
  fig2: { sizes: MESSAGES, lines: 1 },
  fig3: { sizes: MESSAGES, lines: 1 },
  fig4: { sizes: RESPONSES, lines: REQUESTS.length },
  fig5: { sizes: RESPONSES, lines: 1 },
  fig6: { sizes: RESPONSES, lines: REQUESTS.length },
  fig7: { sizes: MESSAGES, lines: 1 },
} as const;
const FIGURES = Object.keys(HELD) as (keyof typeof HELD)[];

describe('a standard benchmark, from the command to the six figures', () => {
  let stage: Stage | undefined;
  let result: ResultDocument | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await benchmarkStage('standard', { 'ctrl+alt+f9': PLAN });
  });
  after(async () => {
    await stage?.stop();
  });

  it('comes to its end', async function () {
    this.timeout(PATIENCE_MS + 60_000);
    assert.ok(stage);
    const { workbench, folder, steps } = stage;
    await workbench.page.keyboard.press(RUN);
    result = await eventually(
      'the run is finished',
      async () => {
        if ((await steps.failure.count()) > 0) throw new Error(await steps.failure.innerText());
        const name = fs.readdirSync(folder).find((each) => each.endsWith(SUFFIX));
        if (name === undefined) return undefined;
        const document = parseDocument(fs.readFileSync(path.join(folder, name), 'utf8'));
        return document.finishedAt === undefined ? undefined : document;
      },
      PATIENCE_MS,
    );
    assert.ok(result);
    assert.deepEqual(result.plan, PLAN);
    await workbench.clearNotifications();
    await workbench.webview().locator('#state', { hasText: 'Finished' }).waitFor();
  });

  for (const id of FIGURES) {
    it(`draws ${id} with every series of the article, at every size`, async () => {
      assert.ok(stage && result);
      const { workbench } = stage;
      const panel = workbench.webview();
      const { x, y, unit, arms } = ARTICLE[id];
      const { sizes, lines } = HELD[id];
      await panel.locator(`#tab-${id}`).click();
      for (const metric of id === 'fig4' ? ['P90', 'P99', 'P50'] : [undefined]) {
        if (metric !== undefined) await panel.getByRole('radio', { name: metric }).check();
        const chart = await heldBy(panel);
        assert.match(String(chart.xTitle), x);
        assert.match(
          String(chart.yTitle),
          metric === undefined ? y : new RegExp(`^${metric} latency in µs`),
        );
        const drawn = (await panel.locator('#chart-data').textContent()) ?? '';
        assert.equal((JSON.parse(drawn) as { unit: unknown }).unit, unit);
        assert.deepEqual(
          chart.series.map(({ arm }) => arm).sort(),
          arms.flatMap((arm) => Array<string>(lines).fill(arm)).sort(),
        );
        assert.equal(new Set(chart.series.map(({ label }) => label)).size, chart.series.length);
        for (const series of chart.series) assertWhole(series, sizes);
      }
      await workbench.screenshot(path.join(ARTIFACTS, `standard-${id}.png`));
    });
  }

  it('leaves nothing on the host', async () => {
    assert.ok(stage);
    await stage.steps.unload(stage.host, stage.place.cgroup);
    assert.deepEqual(await stage.left(), []);
  });
});

/** A median at every size, within what was measured there in each of the rounds every point gets. */
function assertWhole(series: Held['series'][number], sizes: readonly number[]): void {
  const { label, visible, data, low, high, values } = series;
  assert.ok(visible, label);
  assert.deepEqual(
    data.map((point) => point.x),
    sizes,
    label,
  );
  for (const [place, { y }] of data.entries()) {
    const [least, most] = [low[place] ?? NaN, high[place] ?? NaN];
    assert.ok(y !== null && y > 0 && least <= y && y <= most, `${label}: ${least} ${y} ${most}`);
    assert.ok((values[place]?.length ?? 0) >= 3, `${label} has been measured three times`);
  }
}
