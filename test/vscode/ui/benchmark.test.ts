import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Arm, Plan, ResultDocument, Sample } from '../../../src/results/document.ts';
import { parseDocument } from '../../../src/results/document.ts';
import { eventually } from '../../harness/host/wait.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import type { Theme } from '../../harness/vscode/workbench.ts';
import { benchmarkStage, type Stage } from './stage.ts';

const SUFFIX = '.sockmap-bench.json';
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/panel');

/** Two rounds, so that the panel has something to compare. */
const PLAN: Plan = {
  name: 'short',
  points: [
    { experiment: 'throughput', messageBytes: 65_536, arms: ['tcp', 'bypass'] },
    { experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] },
  ],
  secondsPerSample: 1,
  repetitions: 2,
};
const SAMPLES = 8;

const [RUN_SHORT, RUN_QUICK] = ['Control+Alt+F7', 'Control+Alt+F8'];

/** The content of the canvas, by the panel itself. */
interface Drawn {
  readonly sizes: readonly number[];
  readonly series: readonly {
    readonly arm: Arm;
    readonly visible: boolean;
    readonly values: readonly (number | null)[];
    readonly low: readonly (number | null)[];
    readonly high: readonly (number | null)[];
    readonly samples: readonly number[];
  }[];
}

const PAGES = { throughput: 'Fig. 2', latency: 'Fig. 4' } as const;

describe('the benchmark and its panel', () => {
  let stage: Stage | undefined;
  let result: { file: string; document: ResultDocument } | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await benchmarkStage('bench', { 'ctrl+alt+f7': PLAN, 'ctrl+alt+f8': 'quick' });
  });
  after(async () => {
    await stage?.stop();
  });

  const read = (file: string): ResultDocument => parseDocument(fs.readFileSync(file, 'utf8'));
  const newDocument = async (folder: string, known: readonly string[] = []): Promise<string> => {
    assert.ok(stage);
    const { steps } = stage;
    return eventually(
      'a document is there',
      async () => {
        if ((await steps.failure.count()) > 0) throw new Error(await steps.failure.innerText());
        const name = fs
          .readdirSync(folder)
          .find((each) => each.endsWith(SUFFIX) && !known.includes(each));
        return name === undefined ? '' : path.join(folder, name);
      },
      60_000,
    );
  };

  it('opens the panel while the run goes on, which it follows to its end', async () => {
    assert.ok(stage);
    const { workbench, folder, session } = stage;
    await workbench.page.keyboard.press(RUN_SHORT);
    const file = await newDocument(folder);
    const panel = workbench.webview();
    await workbench.notification(/Benchmark on .*\d of 8, \d+ s left/).waitFor({ timeout: 60_000 });
    await panel.locator('#state', { hasText: 'Running' }).waitFor();
    const seen = new Set<string>();
    await eventually(
      'the run is finished',
      async () => {
        const counts = await panel.locator('#counts').innerText();
        // The panel cannot be ahead of the document.
        const taken = Number.parseInt(counts, 10);
        assert.ok(taken <= read(file).samples.length, counts);
        seen.add(counts);
        return (await panel.locator('#state').innerText()) === 'Finished';
      },
      120_000,
    );
    // First, last, and at least two of those between: a busy machine may pass some over.
    assert.ok(seen.size >= 4, Array.from(seen).join('; '));
    assert.equal(await panel.locator('#counts').innerText(), `${SAMPLES} samples`);
    const document = read(file);
    assert.ok(document.finishedAt !== undefined);
    assert.equal(document.samples.length, SAMPLES);
    result = { file, document };
    await eventually('nothing of the run is left', async () => (await benchLeft()).length === 0);
    assert.deepEqual(panelErrors(session.browserErrors()), []);
  });

  /** Everything left but the bypass that was there before. */
  const benchLeft = async (): Promise<string[]> => {
    assert.ok(stage);
    const ours = await stage.place.left();
    const [, , ...more] = ours;
    assert.equal(ours.length - more.length, 2, 'the bypass stays: its pins and its program');
    return more;
  };

  for (const experiment of ['throughput', 'latency'] as const) {
    it(`draws the ${experiment} the document holds, and says the same in table and findings`, async () => {
      assert.ok(stage && result);
      const { samples } = result.document;
      const panel = stage.workbench.webview();
      await panel.getByRole('tab', { name: PAGES[experiment] }).click();
      const drawn = JSON.parse((await panel.locator('#chart-data').textContent()) ?? '') as Drawn;
      assert.deepEqual(drawn.sizes, experiment === 'throughput' ? [65_536] : [64]);
      assert.deepEqual(
        drawn.series.map(({ arm }) => arm),
        ['tcp', 'bypass'],
      );
      const finding = await panel.locator('#findings').innerText();
      for (const { arm, visible, values, low, high, samples: counts } of drawn.series) {
        const own = valuesOf(samples, experiment, arm);
        const median = mean(own);
        assert.ok(visible);
        assert.deepEqual(counts, [2]);
        assertClose(values[0], median);
        assertClose(low[0], Math.min(...own));
        assertClose(high[0], Math.max(...own));
        const cells = await panel.locator(`#table tr[data-arm="${arm}"] td`).allInnerTexts();
        assert.equal(cells[0], '2');
        assertRounded(cells[1], median);
        assert.ok(
          numbersIn(finding).some((told) => Math.abs(told / median - 1) < 1e-3),
          `${finding} names ${median}`,
        );
      }
    });
  }

  it('names where it was measured, and what went through the bypass', async () => {
    assert.ok(stage && result);
    const { samples } = result.document;
    const panel = stage.workbench.webview();
    const redirected = samples.filter(({ arm }) => arm === 'bypass').map(({ bpf }) => bpf);
    assert.ok(redirected.every((bpf) => (bpf?.redirectedBytes ?? 0) > 0));
    const facts = await panel.locator('.facts').innerText();
    assert.ok(facts.includes(result.document.cgroup) && facts.includes('guarded'), facts);
  });

  it('is readable in every theme', async () => {
    assert.ok(stage && result);
    const { session, workbench } = stage;
    const body = workbench.webview().locator('body');
    const pictures = new Set<string>();
    for (const [theme, isDark] of [
      ['light', false],
      ['high-contrast', true],
      ['high-contrast-light', false],
      ['dark', true],
    ] as const satisfies [Theme, boolean][]) {
      await session.setTheme(theme);
      await workbench.webview().locator(`body.${BODY_CLASS[theme]}`).waitFor();
      const [text, page] = await body.evaluate((element) => {
        const style = getComputedStyle(element);
        return [style.color, style.backgroundColor];
      });
      const [ink, paper] = [luminance(text), luminance(page)];
      assert.equal(paper < 0.5, isDark, `${theme}: ${page}`);
      const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      assert.ok(contrast >= 4.5, `${theme}: the contrast is ${contrast}`);
      // The canvas follows a moment after the page.
      await eventually('the chart is drawn anew', async () => {
        const canvas = workbench.webview().locator('#chart');
        const picture = await canvas.evaluate((element) =>
          (element as HTMLCanvasElement).toDataURL(),
        );
        return pictures.size !== pictures.add(picture).size;
      });
      await workbench.screenshot(path.join(ARTIFACTS, `${theme}.png`));
    }
    assert.deepEqual(panelErrors(session.browserErrors()), []);
  });

  it('says why a document cannot be shown, and opens it as text', async () => {
    assert.ok(stage && result);
    const { workbench, folder } = stage;
    const name = `broken${SUFFIX}`;
    const broken = { ...result.document, samples: 'none' };
    fs.writeFileSync(path.join(folder, name), JSON.stringify(broken));
    await workbench.openFile(name);
    const panel = workbench.webview();
    await panel.locator('#invalid').waitFor();
    // The run's panel stays beside it: what a person did not open by a click is not a preview.
    await workbench.tab(path.basename(result.file)).waitFor();
    const reason = await panel.locator('#reason').innerText();
    assert.match(reason, /not a sockmap benchmark/);
    assert.match(reason, /samples/);
    await workbench.screenshot(path.join(ARTIFACTS, 'invalid.png'));
    // Fixed, it is drawn at once; broken again, it can still be read.
    fs.writeFileSync(path.join(folder, name), JSON.stringify(result.document));
    await panel.locator('#state', { hasText: 'Finished' }).waitFor();
    fs.writeFileSync(path.join(folder, name), JSON.stringify(broken));
    await panel.getByRole('button', { name: 'Open as text' }).click();
    await eventually('its text is shown', async () =>
      (await workbench.editorText()).includes('"schema":1'),
    );
    await workbench.run('View: Close All Editors');
    fs.rmSync(path.join(folder, name));
  });

  it('keeps what was measured when the run is cancelled, and nothing on the host', async () => {
    assert.ok(stage);
    const { workbench, folder } = stage;
    const known = fs.readdirSync(folder);
    await workbench.page.keyboard.press(RUN_QUICK);
    const file = await newDocument(folder, known);
    await eventually('a sample is taken', () => read(file).samples.length > 0, 60_000);
    assert.equal((await benchLeft()).length, 2, 'one cgroup for each side');
    await workbench.pressNotificationButton(/Benchmark on/, 'Cancel');
    const told = workbench.notification(/The benchmark was cancelled/);
    await told.waitFor();
    assert.ok((await told.innerText()).includes(path.basename(file)));
    const document = read(file);
    assert.ok(document.samples.length > 0 && document.finishedAt === undefined);
    assert.equal(document.stopped?.why, 'cancelled');
    await workbench.webview().locator('#state', { hasText: 'Cancelled' }).waitFor();
    await eventually('nothing of the run is left', async () => (await benchLeft()).length === 0);
    const counts = `${document.samples.length} of 60 samples`;
    await workbench.webview().locator('#counts', { hasText: counts }).waitFor();
    await workbench.clearNotifications();
    await stage.steps.unload(stage.host, stage.place.cgroup);
    assert.deepEqual(await stage.left(), []);
  });
});

const BODY_CLASS: Readonly<Record<Theme, string>> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast-light',
};

/** In the panel's units: Gbit/s, and µs of the p50. */
function valuesOf(
  samples: readonly Sample[],
  experiment: Sample['experiment'],
  arm: Arm,
): number[] {
  return samples
    .filter((sample) => sample.experiment === experiment && sample.arm === arm)
    .map((sample) => {
      if (sample.experiment === 'throughput') return sample.throughputBitsPerSecond / 1e9;
      return 'latencyUs' in sample ? sample.latencyUs.p50 : NaN;
    });
}

/** The mean of two values is their median. */
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function assertClose(actual: number | null | undefined, expected: number): void {
  assert.ok(
    typeof actual === 'number' && Math.abs(actual / expected - 1) < 1e-9,
    `${String(actual)} is not ${expected}`,
  );
}

/** A number as people read it, to four digits. */
function assertRounded(shown: string | undefined, expected: number): void {
  const value = Number((shown ?? '').replaceAll(',', ''));
  assert.ok(Math.abs(value / expected - 1) < 1e-3, `${String(shown)} is not ${expected}`);
}

const numbersIn = (text: string): number[] =>
  Array.from(text.matchAll(/\d[\d,]*(?:\.\d+)?/g), ([each]) => Number(each.replaceAll(',', '')));

/** WCAG 2: relative luminance of an `rgb(…)`. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = numbersIn(colour).map((each) => {
    const part = each / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const panelErrors = (errors: readonly string[]): string[] =>
  errors.filter((each) => /Content Security Policy|panel\.(js|css)|vscode-webview:/i.test(each));
