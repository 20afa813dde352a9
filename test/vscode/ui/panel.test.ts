import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument, type ResultDocument } from '../../../src/results/document.ts';
import { scaled } from '../../unit/results/documents.ts';
import { withMetric, type Figure } from '../../../src/results/figure.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { FIGURE_IDS, pageName, type FigureId } from '../../../src/results/quantities.ts';
import { eventually } from '../../harness/host/wait.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { drawnIn } from '../../harness/vscode/axe.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { ARTICLE, heldBy, type Held } from '../../harness/vscode/chart.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';

const RECORDED = path.resolve(import.meta.dirname, '../../unit/recorded/bench');
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/panel');
const FILES = ['run', 'other', 'third', 'fourth', 'cut', 'live'];
const [FILE = '', OTHER = '', THIRD = '', FOURTH = '', CUT = '', LIVE = ''] = FILES.map(
  (name) => `${name}.sockmap-bench.json`,
);

describe('the chart panel', () => {
  let session: Session | undefined;
  let folder: TemporaryDirectory | undefined;
  let measured: ResultDocument;
  let cut: ResultDocument;
  keepEvidence(() => session);

  before(async () => {
    // Measured on a real host, with every figure's samples.
    const text = fs.readFileSync(path.join(RECORDED, 'all-figures.sockmap-bench.json'), 'utf8');
    measured = parseDocument(text);
    const other = JSON.stringify(elsewhere('web2', 1.2));
    const { finishedAt: _, ...unfinished } = measured;
    cut = { ...unfinished, samples: measured.samples.slice(0, 30) };
    folder = temporaryDirectory({
      [FILE]: text,
      [OTHER]: other,
      [THIRD]: JSON.stringify(elsewhere('web3', 1.5)),
      [FOURTH]: other,
      [CUT]: JSON.stringify(cut),
    });
    session = await startSession({
      extensions: [await packageExtension()],
      folder: folder.path,
      viewport: { width: 1280, height: 1000 },
      settings: {
        'files.simpleDialog.enable': true,
        // The chart gets the window.
        'workbench.sideBar.visible': false,
      },
    });
    await session.workbench.openFile(FILE);
    await session.workbench.webview().locator('#state', { hasText: 'Finished' }).waitFor();
    await session.workbench.run('View: Toggle Primary Side Bar Visibility');
  });
  after(async () => {
    await session?.stop();
    await folder?.remove();
  });

  /** The run as it would be on a faster host. */
  const elsewhere = (name: string, speed: number): ResultDocument => ({
    ...measured,
    host: { ...measured.host, name },
    samples: measured.samples.map((sample) => scaled(sample, speed)),
  });

  const panel = () => {
    assert.ok(session);
    return session.workbench.webview();
  };
  const tab = (id: FigureId) => panel().locator(`#tab-${id}`);
  const held = (): Promise<Held> => heldBy(panel());
  /** The chart holds exactly the figure. */
  const assertHolds = async (figure: Figure): Promise<Held> => {
    const chart = await held();
    assert.equal(chart.xTitle, figure.xTitle);
    assert.equal(chart.yTitle, figure.yTitle);
    const { sizes } = figure;
    assert.deepEqual(
      rounded(chart.series.map(({ visible: _, ...series }) => series)),
      rounded(
        figure.series.map(({ label, arm, points }) => ({
          label,
          arm,
          data: points.map((point, place) => ({ x: sizes[place], y: point?.median ?? null })),
          low: points.map((point) => point?.low ?? null),
          high: points.map((point) => point?.high ?? null),
          values: points.map((point) => point?.values ?? []),
        })),
      ),
    );
    return chart;
  };

  for (const id of FIGURE_IDS.filter(
    (each) => each !== 'connections' && each !== 'workloads' && each !== 'distribution',
  )) {
    it(`draws ${id} from the document, with the article’s axes, units and series`, async () => {
      const figure = withMetric(figuresOf(runsOf([measured]))[id], 'p50');
      await tab(id).click();
      await assertHolds(figure);
      assert.equal(await tab(id).getAttribute('aria-selected'), 'true');
      if (id !== 'overview') {
        const { x, y, unit, arms } = ARTICLE[id];
        assert.match(figure.xTitle, x);
        assert.match(figure.yTitle, y);
        assert.equal(figure.unit, unit);
        assert.deepEqual([...new Set(figure.series.map(({ arm }) => arm))], arms);
        assert.equal(await panel().locator('.heading small').innerText(), figure.name);
        assert.ok((await tab(id).innerText()).startsWith(`${pageName(id)} `));
      }
      // The table has as many points, and findings of something.
      const points = figure.series.flatMap((series) => series.points).filter(Boolean).length;
      assert.equal(await panel().locator('#table tbody tr').count(), points);
      assert.ok((await panel().locator('#findings').innerText()).length > 40);
    });
  }

  it('shows the percentile, axes, arms and samples a person asks for', async () => {
    const { fig4 } = figuresOf(runsOf([measured]));
    await tab('fig4').click();
    for (const [label, metric] of [
      ['P90', 'p90'],
      ['P99', 'p99'],
      ['Mean', 'mean'],
      ['P50', 'p50'],
    ] as const) {
      await panel().getByRole('radio', { name: label }).check();
      await assertHolds(withMetric(fig4, metric));
    }
    assert.deepEqual(await axes(), ['logarithmic', 'linear']);
    await panel().getByRole('group', { name: 'Values' }).getByLabel('log').check();
    await panel().getByRole('group', { name: 'Sizes' }).getByLabel('linear').check();
    assert.deepEqual(await axes(), ['linear', 'logarithmic']);
    const before = await picture();
    await panel().getByLabel('Each sample').check();
    assert.notEqual(await picture(), before, 'the samples are drawn');
    await panel().getByRole('button', { name: 'TCP', exact: true }).click();
    const shown = (await held()).series.filter(({ visible }) => visible);
    assert.ok(shown.length > 0 && shown.every(({ arm }) => arm !== 'tcp'));
    await panel().getByRole('button', { name: 'TCP', exact: true }).click();
    await panel().getByLabel('Each sample').uncheck();
    // Other figures keep their own axes.
    await tab('fig2').click();
    assert.deepEqual(await axes(), ['logarithmic', 'linear']);
  });
  const axes = async (): Promise<string[]> => {
    const { xType, yType } = await held();
    return [xType, yType];
  };
  const picture = (): Promise<string> =>
    panel()
      .locator('#chart')
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

  /** The id of what has the keyboard's focus, or its name. */
  const focused = (): Promise<string> =>
    panel()
      .locator('body')
      .evaluate(() => {
        const element = document.activeElement;
        return element?.id !== '' && element
          ? element.id
          : (element?.ariaLabel ?? element?.textContent ?? '');
      });
  const overlay = async (file: string): Promise<void> => {
    assert.ok(session);
    await panel().getByRole('button', { name: 'Overlay another run' }).click();
    await session.workbench.quick.locator('.monaco-list-row', { hasText: file }).click();
  };

  it('works with the keyboard alone', async () => {
    assert.ok(session);
    const { keyboard } = session.page;
    await tab('overview').click();
    await keyboard.press('ArrowRight');
    assert.equal(await focused(), 'tab-fig2');
    await keyboard.press('End');
    // Short connections, workloads and percentiles are not in this run.
    assert.equal(await focused(), 'tab-fig7');
    await keyboard.press('ArrowRight');
    assert.equal(await focused(), 'tab-overview');
    await keyboard.press('ArrowRight');
    await eventually('Fig. 2 is drawn', async () => (await held()).series.length === 2);
    // From the tab on, each Tab goes to what comes next on the page.
    const stops: string[] = [];
    for (let stop = 0; stop < 20 && stops.at(-1) !== 'Numbers: Throughput'; stop++) {
      await keyboard.press('Tab');
      stops.push(await focused());
      if (stops.at(-1) === 'TCP') {
        await keyboard.press('Space');
        assert.equal((await held()).series[0]?.visible, false);
        await keyboard.press('Space');
      }
      if (stops.at(-1) === 'chart') {
        await keyboard.press('ArrowRight');
        const spoken = await panel().locator('#place').innerText();
        assert.match(spoken, /^Send message size 64 B: TCP: .* Gbit\/s \(.* samples\); Bypass: /);
        await keyboard.press('Escape');
      }
    }
    for (const wanted of [
      'figure',
      'TCP',
      'Bypass',
      'chart',
      'Export chart as PNG',
      'Export chart as SVG',
      'Copy chart as picture',
      'Copy this page as Markdown',
      'Export this figure as CSV',
      'Export all samples as CSV',
      'Export a Markdown report of all figures',
      'Numbers: Throughput',
    ]) {
      assert.ok(stops.includes(wanted), `${wanted} in ${stops.join('; ')}`);
    }
  });

  it('exports pictures, numbers and a report', async () => {
    assert.ok(session && folder);
    const { workbench } = session;
    const place = folder.path;
    await tab('fig2').click();
    const save = async (button: string, suffix: string): Promise<Buffer> => {
      const file = path.join(place, `run-${suffix}`);
      fs.rmSync(file, { force: true });
      await panel().getByRole('button', { name: button }).click();
      await workbench.quickInput().waitFor();
      await eventually('the name is proposed', async () =>
        (await workbench.quickInput().inputValue()).endsWith(`run-${suffix}`),
      );
      await workbench.page.keyboard.press('Enter');
      await eventually(`${suffix} is written`, () => fs.existsSync(file));
      await workbench.notification(`Exported run-${suffix}`).waitFor();
      await workbench.clearNotifications();
      return fs.readFileSync(file);
    };
    const png = await save('Export chart as PNG', 'fig2.png');
    assert.equal(png.subarray(1, 4).toString('latin1'), 'PNG');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [1920, 1120]);
    const svg = (await save('Export chart as SVG', 'fig2.svg')).toString();
    assert.match(svg, /^<svg .*<\/svg>$/s);
    const { title, series, xTitle, yTitle } = figuresOf(runsOf([measured])).fig2;
    for (const words of [title, xTitle, yTitle, ...series.map(({ label }) => label)]) {
      assert.ok(svg.includes(words), `${words} is in the picture`);
    }
    // Whatever the theme, which is dark here, and what is not compared is marked.
    assert.ok(svg.includes('#ffffff') && svg.includes('Crosses: mostly TCP, not compared'));
    assert.match(svg, /<text [^>]*font-size="16px" [^>]*font-weight="bold"/);
    assert.ok((svg.match(/<path /g) ?? []).length > 20, 'lines and markers are paths');
    fs.mkdirSync(ARTIFACTS, { recursive: true });
    fs.writeFileSync(path.join(ARTIFACTS, 'export.png'), png);
    fs.writeFileSync(path.join(ARTIFACTS, 'export.svg'), svg);
    await panel().getByLabel('Light pictures').uncheck();
    const dark = (await save('Export chart as SVG', 'fig2.svg')).toString();
    assert.ok(!dark.includes('#ffffff'));
    await panel().getByLabel('Light pictures').check();
    const lines = (text: Buffer) => text.toString().trimEnd().split('\r\n');
    const points = series.flatMap((each) => each.points).filter(Boolean).length;
    assert.equal(lines(await save('Export this figure as CSV', 'fig2.csv')).length, points + 1);
    assert.equal(
      lines(await save('Export all samples as CSV', 'samples.csv')).length,
      measured.samples.length + 1,
    );
    const report = (await save('Export a Markdown report', 'report.md')).toString();
    fs.writeFileSync(path.join(ARTIFACTS, 'report.md'), report);
    assert.match(report, /^## Time in the kernel .* \(Fig\. 7\)$/m);
    assert.ok(report.includes(await panel().locator('#findings p').first().innerText()));
  });

  it('copies the chart as a picture, and the page as Markdown', async () => {
    assert.ok(session);
    const { page } = session;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const types = () =>
      page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types));
    await tab('fig2').click();
    await panel().getByRole('button', { name: 'Copy chart as picture' }).click();
    await panel().locator('.said', { hasText: 'The picture is on the clipboard' }).waitFor();
    assert.deepEqual(await types(), ['image/png']);
    await panel().getByRole('button', { name: 'Copy this page as Markdown' }).click();
    const text = await eventually('the Markdown is on the clipboard', async () =>
      (await types()).includes('text/plain')
        ? page.evaluate(() => navigator.clipboard.readText())
        : undefined,
    );
    assert.ok(text !== undefined);
    assert.match(text, /^## Throughput by .* \(Fig\. 2\)$/m);
    assert.match(text, /^\| 64 B \| Bypass \| .* \| mostly TCP \|/m);
    assert.match(text, /^- Kernel: /m);
  });

  it('has the chart on the screen of a laptop without scrolling, and the prose below it', async () => {
    assert.ok(session);
    const { page } = session;
    await page.setViewportSize({ width: 1440, height: 900 });
    const figures = figuresOf(runsOf([measured]));
    for (const id of FIGURE_IDS.filter((each) => !figures[each].absent)) {
      await tab(id).click();
      const chart = await panel().locator('#chart').boundingBox();
      const prose = await panel().locator('#findings').boundingBox();
      const status = await page.locator('.part.statusbar').boundingBox();
      assert.ok(chart && prose && status);
      assert.ok(chart.y + chart.height <= status.y, `${id}: ${JSON.stringify({ chart, status })}`);
      assert.ok(prose.y >= chart.y + chart.height, id);
    }
    await page.setViewportSize({ width: 1280, height: 1000 });
  });

  it('overlays another run, distinguished by more than colour, and takes it away', async () => {
    assert.ok(session && folder);
    const { workbench } = session;
    await overlay(OTHER);
    await panel().locator('.runs li', { hasText: 'web2' }).waitFor();
    const other = parseDocument(fs.readFileSync(path.join(folder.path, OTHER), 'utf8'));
    const { fig2 } = figuresOf(runsOf([measured, other]));
    await tab('fig2').click();
    const { series } = await assertHolds(fig2);
    assert.ok(series.some(({ label }) => label === 'Bypass, web2'));
    const lines = await panel().locator('.key li').count();
    assert.equal(lines, 3, 'a key to the lines of two runs, and to the crosses');
    await workbench.screenshot(path.join(ARTIFACTS, 'overlay.png'));
    await overlay(THIRD);
    await panel().locator('.runs li', { hasText: 'web3' }).waitFor();
    await tab('fig6').click();
    // Three kinds of lines, of three request sizes, and three of three runs.
    await eventually('a key to them', async () => (await panel().locator('.key li').count()) === 6);
    for (const theme of ['light', 'dark'] as const) {
      await session.setTheme(theme);
      await drawnIn(panel(), theme);
      await workbench.screenshot(path.join(ARTIFACTS, `overlay-three-${theme}.png`));
    }
    await overlay(FOURTH);
    await workbench.notification(/no more than 3 runs can be told apart/).waitFor();
    await workbench.clearNotifications();
    await tab('fig2').click();
    // By keyboard: the focus goes on with what is left.
    await panel().getByRole('button', { name: 'Remove web2' }).focus();
    await session.page.keyboard.press('Enter');
    await eventually('the next one is next', async () => (await focused()) === 'Remove web3');
    await session.page.keyboard.press('Enter');
    await eventually('there is none left', async () => (await focused()) === 'add-runs');
    await panel().locator('.runs').waitFor({ state: 'hidden' });
    await assertHolds(figuresOf(runsOf([measured])).fig2);
  });

  it('keeps the keyboard’s focus while a run goes on', async () => {
    assert.ok(session && folder);
    const { workbench } = session;
    const file = path.join(folder.path, LIVE);
    const { finishedAt: _, ...unfinished } = measured;
    const startedAt = new Date().toISOString();
    const write = (count: number): void => {
      const samples = measured.samples.slice(0, count);
      fs.writeFileSync(file, JSON.stringify({ ...unfinished, startedAt, samples }));
    };
    write(20);
    await workbench.openFile(LIVE);
    await panel().locator('#state', { hasText: 'Running' }).waitFor();
    await overlay(OTHER);
    await panel().getByRole('button', { name: 'Remove web2' }).waitFor();
    // From the button that has added it the Tab key goes to those that compare it and take it away.
    await panel().locator('#add-runs').focus();
    await session.page.keyboard.press('Tab');
    assert.equal(await focused(), 'Compare with web2');
    await session.page.keyboard.press('Tab');
    assert.equal(await focused(), 'Remove web2');
    for (const count of [21, 22]) {
      write(count);
      await panel()
        .locator('#counts', { hasText: new RegExp(`^${count} of `) })
        .waitFor();
      assert.equal(await focused(), 'Remove web2');
    }
    await workbench.run('View: Close Editor');
    await panel().locator('#state', { hasText: 'Finished' }).waitFor();
  });

  it('offers to resume a run that was cut off, and has no pages of what was not measured', async () => {
    assert.ok(session);
    const { workbench } = session;
    const resume = workbench.page.locator('.editor-actions [aria-label^="Resume benchmark"]');
    await resume.waitFor({ state: 'detached' });
    await workbench.openFile(CUT);
    await panel().locator('#state', { hasText: 'Incomplete' }).waitFor();
    await resume.waitFor();
    // The cgroup it was measured in is not there any more.
    await panel().getByRole('button', { name: 'Resume' }).click();
    // A document names a host: it is for a person to agree.
    await workbench.pressDialogButton('Connect');
    await workbench.notification(/Could not/).waitFor({ timeout: 60_000 });
    await workbench.clearNotifications();
    const figures = figuresOf(runsOf([cut]));
    const present = FIGURE_IDS.filter((id) => !figures[id].absent);
    assert.ok(present.length > 1 && present.length < FIGURE_IDS.length - 3);
    await eventually('each has its tab, and no other', async () => {
      const tabs = await panel().getByRole('tab').all();
      const ids = await Promise.all(tabs.map((each) => each.getAttribute('id')));
      return ids.join() === present.map((id) => `tab-${id}`).join();
    });
    await workbench.screenshot(path.join(ARTIFACTS, 'cut.png'));
    const errors = session
      .browserErrors()
      .filter((each) => /Content Security Policy|panel\.(js|css)/i.test(each));
    assert.deepEqual(errors, []);
  });
});

/** Two engines' logarithms may differ in the last digit. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'number' ? Number(each.toPrecision(12)) : each,
    ),
  );
