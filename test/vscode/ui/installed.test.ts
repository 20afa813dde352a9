import assert from 'node:assert/strict';
import manifest from '../../../package.json' with { type: 'json' };
import titles from '../../../package.nls.json' with { type: 'json' };
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';

describe('the installed extension', () => {
  let session: Session | undefined;
  let folder: TemporaryDirectory | undefined;
  keepEvidence(() => session);

  before(async () => {
    folder = temporaryDirectory();
    const extension = await packageExtension();
    session = await startSession({
      extensions: [extension],
      folder: folder.path,
      everyBuiltIn: true,
    });
  });
  after(async () => {
    await session?.stop();
    await folder?.remove();
  });

  it('offers its commands in the palette', async () => {
    assert.ok(session);
    // One by one: a long list shows only some of them.
    const words = new Map(Object.entries(titles).map(([key, text]) => [`%${key}%`, text]));
    const category = words.get('%category%') ?? '';
    // Commands of a view's rows: the palette leaves them out.
    const ofViews = new Set(manifest.contributes.menus.commandPalette.map((one) => one.command));
    for (const { command, title: key } of manifest.contributes.commands) {
      if (ofViews.has(command)) continue;
      const title = words.get(key) ?? '';
      const offered = await session.workbench.commands(`${category}: ${title}`);
      assert.ok(offered.includes(`${category}: ${title}`), `${title} is not in the palette`);
    }
  });

  it('opens its first picker', async () => {
    assert.ok(session);
    await session.workbench.run('Sockmap: Load sockmap bypass');
    assert.match(await session.workbench.placeholder(), /host/i);
    await session.workbench.dismissQuickInput();
  });
});
