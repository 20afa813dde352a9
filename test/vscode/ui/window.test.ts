import assert from 'node:assert/strict';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';

describe('a VS Code window', () => {
  let session: Session | undefined;
  let folder: TemporaryDirectory | undefined;
  keepEvidence(() => session);

  before(async () => {
    folder = temporaryDirectory({ 'notes.txt': 'hello\n' });
    session = await startSession({ folder: folder.path, settings: { 'editor.fontSize': 31 } });
  });
  after(async () => {
    await session?.stop();
    await folder?.remove();
  });

  it('opens the folder with our settings', async () => {
    assert.ok(session);
    await session.workbench.openFile('notes.txt');
    const line = session.workbench.editor().locator('.view-line').first();
    await line.waitFor();
    assert.equal(await line.evaluate((element) => getComputedStyle(element).fontSize), '31px');
  });

  it('runs a command of the palette', async () => {
    assert.ok(session);
    await session.workbench.run('View: Close Editor');
    await session.workbench.tab('notes.txt').waitFor({ state: 'detached' });
  });

  it('changes its theme', async () => {
    assert.ok(session);
    for (const theme of ['light', 'high-contrast', 'high-contrast-light', 'dark'] as const) {
      await session.setTheme(theme);
    }
  });

  it('takes changed settings', async () => {
    assert.ok(session);
    await session.changeSettings({ 'editor.fontSize': 17 });
    await session.workbench.openFile('notes.txt');
    await session.page.waitForFunction(
      () =>
        [...document.querySelectorAll('.view-line')].some(
          (line) => getComputedStyle(line).fontSize === '17px',
        ),
      undefined,
      { timeout: 20_000 },
    );
  });

  it('has one extension host, and another after a reload', async () => {
    assert.ok(session);
    const [first, ...others] = session.extensionHosts();
    assert.ok(first !== undefined && others.length === 0);
    await session.reload();
    const now = session.extensionHosts();
    assert.ok(now.length === 1 && now[0] !== first);
  });
});
