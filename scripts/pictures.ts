// npm run pictures: makes those of the README anew, from the real thing in a real VS Code.
import fs from 'node:fs';
import path from 'node:path';
import { runCompared } from '../src/bench/comparedRun.ts';
import { writeDocument } from '../src/bench/store.ts';
import { readSource } from '../src/bypass/source.ts';
import { Host } from '../src/host/host.ts';
import { runToEnd } from '../test/harness/cleanup.ts';
import { REJECTED } from '../test/harness/countingProgram.ts';
import { startSshd, type TestSshd } from '../test/harness/sshd.ts';
import { temporaryDirectory } from '../test/harness/temporary.ts';
import { packageExtension } from '../test/harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../test/harness/vscode/session.ts';
import { setUp } from './setup.mjs';

const root = path.resolve(import.meta.dirname, '..');
const PICTURES = path.join(root, 'docs/pictures');
const BPF = path.join(root, 'bpf');
const RUN_NAME = 'run.sockmap-bench.json';
/** In CSS pixels, so that both are as wide. */
const WIDTH = 1000;
const SOURCE_NAME = 'count.bpf.c';

async function main(): Promise<void> {
  await setUp(['node', 'host', 'sshd', 'editor']);
  const sshd = await startSshd({ alias: 'web1' });
  const folder = temporaryDirectory({ [SOURCE_NAME]: REJECTED });
  await measure(sshd, path.join(folder.path, RUN_NAME));
  const session = await startSession({
    extensions: [await packageExtension()],
    folder: folder.path,
    viewport: { width: WIDTH, height: 1090 },
    settings: {
      'sockmapBypass.ssh.configFile': sshd.configFile,
      'sockmapBypass.host': sshd.alias,
      'workbench.secondarySideBar.defaultVisibility': 'hidden',
      'workbench.layoutControl.enabled': false,
      'breadcrumbs.enabled': false,
      'editor.minimap.enabled': false,
      'editor.occurrencesHighlight': 'off',
    },
  });
  try {
    await session.workbench.run('View: Toggle Primary Side Bar Visibility');
    await takePanel(session);
    await session.workbench.run('View: Close All Editors');
    await takeVerifier(session);
  } finally {
    await session.stop();
    await sshd.stop();
    await folder.remove();
  }
}

async function measure({ alias, configFile }: TestSshd, file: string): Promise<void> {
  const host = new Host(alias, { ssh: { configFile } });
  try {
    await runCompared(
      host,
      undefined,
      { profile: 'quick' },
      {
        source: (policy) => readSource(BPF, policy),
        limits: undefined,
        signal: undefined,
        save: (document) => writeDocument(file, document),
        onStep: console.log,
      },
    );
  } finally {
    await host.dispose();
  }
}

async function takePanel(session: Session): Promise<void> {
  const { workbench } = session;
  await workbench.openFile(RUN_NAME);
  await workbench.webview().locator('#state', { hasText: 'Finished' }).waitFor();
  await take(session, 'panel', () => workbench.webview().locator('#chart').waitFor());
}

async function takeVerifier(session: Session): Promise<void> {
  const { workbench, page } = session;
  await page.setViewportSize({ width: WIDTH, height: 560 });
  await workbench.openFile(SOURCE_NAME);
  await page.keyboard.press('Control+s');
  await workbench.squiggles().first().waitFor();
  await page.locator('.codelens-decoration a', { hasText: 'rejected by Linux' }).waitFor();
  await take(session, 'verifier', () => workbench.hover('+='));
}

/** Takes the editor in both themes. @param show brings up what is to be seen there. */
async function take(session: Session, name: string, show: () => Promise<unknown>): Promise<void> {
  fs.mkdirSync(PICTURES, { recursive: true });
  for (const theme of ['dark', 'light'] as const) {
    await session.setTheme(theme);
    await session.workbench.clearNotifications();
    await session.page.mouse.move(WIDTH / 2, 1);
    await show();
    const file = path.join(PICTURES, `${name}-${theme}.png`);
    await session.page.locator('.part.editor').screenshot({ path: file });
    console.log(file);
  }
}

await runToEnd(main);
