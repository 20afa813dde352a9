import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../../harness/host/wait.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';

const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/palette');

describe('the palette', () => {
  let folder: TemporaryDirectory;
  let session: Session;
  keepEvidence(() => session);

  before(async () => {
    folder = temporaryDirectory({ 'notes.txt': 'of mine\n' });
    session = await startSession({
      extensions: [await packageExtension()],
      folder: folder.path,
      settings: { 'sockmapBypass.host': 'local' },
      // A narrow editor leaves the pictures of a walkthrough out.
      viewport: { width: 1600, height: 900 },
    });
  });
  after(async () => {
    await session.stop();
    await folder.remove();
  });

  const ours = async (text: string): Promise<string[]> =>
    (await session.workbench.commands(text)).filter((title) => title.startsWith('Sockmap: '));
  const offers = (title: string, isOffered = true): Promise<boolean> =>
    eventually(
      `${title} is ${isOffered ? '' : 'not '}offered`,
      async () => (await ours(title)).includes(title) === isOffered,
    );

  it('finds the first command by what people call it', async () => {
    const start = 'Sockmap: Get started with the eBPF bypass of TCP/IP';
    for (const word of ['ebpf', 'tcp', 'bypass', 'sockmap', 'get started sockmap']) {
      assert.ok((await ours(word)).includes(start), word);
    }
    assert.deepEqual(await ours('netperf'), ['Sockmap: Run netperf benchmark']);
    assert.deepEqual(await ours('verifier'), ['Sockmap: Run the eBPF verifier on several hosts']);
    await session.workbench.page.keyboard.press('F1');
    await session.workbench.quickInput().fill('>ebpf');
    await session.workbench.item(start).waitFor();
    await session.workbench.screenshot(path.join(ARTIFACTS, 'ebpf.png'));
    await session.workbench.dismissQuickInput();
  });

  it('offers what applies, from the moment on when it does', async () => {
    const { workbench } = session;
    const source = [
      'Sockmap: Compare BPF source with bundled',
      'Sockmap: Restore bundled BPF source',
      'Sockmap: Restart clangd on host',
      'Sockmap: Install clangd on host',
      'Sockmap: Choose host for BPF source',
    ];
    const results = ['Sockmap: Compare benchmarks', 'Sockmap: Resume benchmark'];
    const log = 'Sockmap: Show verifier log';
    for (const title of [...source, ...results, log]) await offers(title, false);

    await workbench.run('Sockmap: Open BPF source');
    await workbench.tab('sockmap_bypass.bpf.c').waitFor();
    for (const title of source) await offers(title);
    await offers(log, false);

    const file = path.join(folder.path, 'cut.sockmap-bench.json');
    fs.writeFileSync(file, '{"schema": 1}');
    for (const title of results) await offers(title);
    fs.writeFileSync(file, '{"schema": 1, "finishedAt": "2026-11-26T10:00:00.000Z"}');
    await offers('Sockmap: Resume benchmark', false);
    await offers('Sockmap: Compare benchmarks');
    fs.rmSync(file);
    await offers('Sockmap: Compare benchmarks', false);

    fs.rmSync(path.join(folder.path, 'bpf'), { recursive: true });
    await offers('Sockmap: Restore bundled BPF source', false);
  });

  it('leads through the first steps, with a picture, and ticks those that were done', async () => {
    const { workbench, page } = session;
    await workbench.run('View: Close All Editors');
    await workbench.run('Sockmap: Get started with the eBPF bypass of TCP/IP');
    const step = (title: string) => page.locator('.getting-started-step', { hasText: title });
    // The source was opened before the walkthrough was.
    await step('Edit a program').locator('.complete').waitFor();
    await step('Check it').locator('.step-title').click();
    await step('Check it').locator('.monaco-button', { hasText: 'Check Host' }).click();
    await workbench.item('local').click();
    await step('Check it').locator('.complete').waitFor();
    assert.equal(await step('See the difference').locator('.complete').count(), 0);
    // Issues of the host are listed, where there are some.
    await page.keyboard.press('Escape');
    for (const theme of ['light', 'dark'] as const) {
      await session.setTheme(theme);
      for (const [index, title] of ['Check it', 'See the difference', 'Edit a program'].entries()) {
        await step(title).locator('.step-title').click();
        const picture = page.locator('.getting-started-media img');
        await picture.waitFor();
        const width = await picture.evaluate((image: HTMLImageElement) => image.naturalWidth);
        assert.ok(width > 0, title);
        await workbench.screenshot(path.join(ARTIFACTS, `step-${index}-${theme}.png`));
      }
    }
  });
});
