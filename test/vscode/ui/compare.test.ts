import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument, type ResultDocument } from '../../../src/results/document.ts';
import { scaled } from '../../unit/results/documents.ts';
import { comparisonView } from '../../../src/results/words/comparisonView.ts';
import { eventually } from '../../harness/host/wait.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { drawnIn } from '../../harness/vscode/axe.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';
import { THEMES, type Theme } from '../../harness/vscode/workbench.ts';

/** Measured on a real host: streams of small messages were on TCP in it. */
const RECORDED = path.resolve(
  import.meta.dirname,
  '../../unit/recorded/bench/all-figures.sockmap-bench.json',
);
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/compare');
const [BEFORE, AFTER] = ['old.sockmap-bench.json', 'new.sockmap-bench.json'] as const;

describe('two runs compared on a page', () => {
  let session: Session | undefined;
  let folder: TemporaryDirectory | undefined;
  let old: ResultDocument;
  let now: ResultDocument;
  keepEvidence(() => session);

  before(async () => {
    now = parseDocument(fs.readFileSync(RECORDED, 'utf8'));
    const samples = now.samples.map((sample) => scaled(sample, 1.2, 1e-4));
    old = { ...now, id: crypto.randomUUID(), host: { ...now.host, name: 'web2' }, samples };
    const files = { [BEFORE]: JSON.stringify(old), [AFTER]: JSON.stringify(now) };
    folder = temporaryDirectory(files);
    session = await startSession({
      extensions: [await packageExtension()],
      folder: folder.path,
      viewport: { width: 1440, height: 900 },
      settings: { 'files.simpleDialog.enable': true },
    });
  });
  after(async () => {
    await session?.stop();
    await folder?.remove();
  });

  const workbench = () => {
    assert.ok(session);
    return session.workbench;
  };
  const page = () => workbench().webview();
  const title = (first: string, second: string) => `${first} compared with ${second}`;
  const editorTab = (label: string) =>
    workbench().page.locator('.tabs-container .tab', { hasText: label });

  it('shows the verdict, what differs, and every ratio with its interval', async () => {
    await workbench().run('Sockmap: Compare benchmarks');
    await workbench().pick(AFTER);
    await workbench().pick(BEFORE);
    await editorTab(title(AFTER, BEFORE)).waitFor();
    const view = comparisonView(old, now, { before: BEFORE, after: AFTER });
    assert.equal(await page().locator('#verdict').innerText(), view.verdict[0]);
    assert.match(await page().locator('.notes').innerText(), /The host differs: web2 before/);
    const [first] = view.pages;
    assert.ok(first);
    const wanted = first.groups.flatMap(({ rows }) => rows);
    const rows = page().locator('#table tbody tr');
    assert.equal(await rows.count(), wanted.length);
    for (const [place, row] of wanted.entries()) {
      const text = await rows.nth(place).innerText();
      for (const words of [row.label, row.before, row.after, row.change, row.verdictText]) {
        assert.ok(text.includes(words), `${words} in ${text}`);
      }
      assert.equal(await rows.nth(place).locator('.dot').count(), row.ratio ? 1 : 0);
    }
    const tcp = page().locator('tr[data-verdict="not compared"]');
    assert.equal(await tcp.count(), 4);
    assert.match(await tcp.first().innerText(), /not comparable.*mostly TCP before and after/s);
  });

  it('follows its files, and is there again after a reload', async () => {
    assert.ok(session && folder);
    const file = path.join(folder.path, BEFORE);
    const name = page().locator('.sides');
    fs.writeFileSync(file, JSON.stringify({ ...old, host: { ...old.host, name: 'web3' } }));
    await name.filter({ hasText: 'web3' }).waitFor();
    fs.rmSync(file);
    await page().locator('#reason', { hasText: BEFORE }).waitFor();
    fs.writeFileSync(file, JSON.stringify(old));
    await name.filter({ hasText: 'web2' }).waitFor();
    await session.reload(title(AFTER, BEFORE));
    await editorTab(title(AFTER, BEFORE)).waitFor();
    await name.filter({ hasText: 'web2' }).waitFor();
  });

  it('goes from quantity to quantity by keyboard, and says what nothing moved in', async () => {
    const { keyboard } = workbench().page;
    await page().locator('#tab-throughput-rate').focus();
    await keyboard.press('ArrowRight');
    const tab = page().locator('#tab-latency-rate');
    await eventually('the next page is chosen, and has the focus', () =>
      tab.evaluate(
        (element) => element === document.activeElement && element.ariaSelected === 'true',
      ),
    );
    const text = await page().locator('#table').innerText();
    assert.match(text, /almost nothing was moved before/);
    assert.doesNotMatch(await page().locator('body').innerText(), /\d{6,}\.\d%/);
    await keyboard.press('Home');
    await page().locator('#table caption', { hasText: 'Throughput' }).waitFor();
  });

  it('swaps, and copies and saves as Markdown', async () => {
    assert.ok(session && folder);
    const { page: window } = session;
    await window.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page().getByRole('button', { name: 'Copy as Markdown' }).click();
    await eventually('the report is on the clipboard', async () =>
      (await window.evaluate(() => navigator.clipboard.readText())).startsWith(
        '# Benchmark compared',
      ),
    );
    await page().getByRole('button', { name: 'Save as Markdown' }).click();
    await workbench().quickInput().waitFor();
    await window.keyboard.press('Enter');
    const file = path.join(folder.path, 'new-compared.md');
    await eventually('the report is written', () => fs.existsSync(file));
    assert.match(fs.readFileSync(file, 'utf8'), /\| not comparable \|/);
    await workbench().clearNotifications();
    await page().getByRole('button', { name: 'Swap before and after' }).click();
    await editorTab(title(BEFORE, AFTER)).waitFor();
    await page().locator('.sides section', { hasText: 'Before: new.sockmap-bench.json' }).waitFor();
  });

  it('opens a run, and comes from a run with another one laid over it', async () => {
    assert.ok(session);
    await page().locator('.sides').getByRole('button', { name: AFTER }).click();
    await page().locator('#state', { hasText: 'Finished' }).waitFor();
    await page().getByRole('button', { name: 'Overlay another run' }).click();
    await workbench().quick.locator('.monaco-list-row', { hasText: BEFORE }).click();
    await page().getByRole('button', { name: 'Compare with web2' }).click();
    await editorTab(title(AFTER, BEFORE)).waitFor();
    await page().locator('#verdict').waitFor();
  });

  it('is to be read in every theme and in a narrow window', async () => {
    assert.ok(session);
    for (const theme of Object.keys(THEMES) as Theme[]) {
      await session.setTheme(theme);
      await drawnIn(page(), theme);
      await workbench().screenshot(path.join(ARTIFACTS, `${theme}.png`));
    }
    await workbench().run('View: Toggle Primary Side Bar Visibility');
    await workbench().page.setViewportSize({ width: 608, height: 900 });
    const width = () =>
      page()
        .locator('body')
        .evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    await eventually('the page is no wider than its window', async () => (await width()) <= 0);
    await workbench().screenshot(path.join(ARTIFACTS, 'narrow.png'));
    const errors = session
      .browserErrors()
      .filter((each) => /Content Security Policy|compare\.(js|css)/i.test(each));
    assert.deepEqual(errors, []);
  });
});
