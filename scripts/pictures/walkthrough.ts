import fs from 'node:fs';
import path from 'node:path';
import { run } from '../../test/harness/run.ts';
import { startSshd } from '../../test/harness/sshd.ts';
import { drive } from '../../test/harness/vscode/drive.ts';
import { packageExtension } from '../../test/harness/vscode/packageExtension.ts';
import { startSession } from '../../test/harness/vscode/session.ts';

const root = path.resolve(import.meta.dirname, '../..');
const DOCUMENTS = path.join(root, 'docs/pictures');
const STEPS = path.join(root, 'media/walkthrough');
const THEMES = ['dark', 'light'] as const;

/** The steps whose picture is one of the documents'. */
const OF_DOCUMENTS = {
  host: 'views',
  assess: 'assess',
  try: 'overview',
  keep: 'picker',
  edit: 'verifier',
} as const;

/** Takes the pictures of the walkthrough's steps: that of a check, the others are those of the documents. */
export async function takeSteps(): Promise<void> {
  fs.mkdirSync(STEPS, { recursive: true });
  for (const [step, name] of Object.entries(OF_DOCUMENTS)) {
    for (const theme of THEMES) {
      const picture = path.join(DOCUMENTS, `${name}-${theme}.png`);
      fs.copyFileSync(picture, path.join(STEPS, `${step}-${theme}.png`));
    }
  }
  await takeCheck();
}

/** A host without a BPF file system, and the command that mounts it. */
async function takeCheck(): Promise<void> {
  const sshd = await startSshd({
    alias: 'db1',
    mounts: 'while umount -l /sys/fs/bpf; do :; done 2>/dev/null',
  });
  const session = await startSession({
    extensions: [await packageExtension()],
    viewport: { width: 1000, height: 620 },
    settings: { 'sockmapBypass.ssh.configFile': sshd.configFile },
  });
  try {
    const { workbench, page } = session;
    for (const theme of THEMES) {
      await session.setTheme(theme);
      await workbench.run('Sockmap: Check host');
      await drive(workbench).pickHost(sshd.alias);
      await workbench.item('The BPF file system is not mounted at /sys/fs/bpf.').waitFor();
      const file = path.join(STEPS, `check-${theme}.png`);
      await page.locator('.quick-input-widget').first().screenshot({ path: file });
      await run('pngquant', ['--force', '--skip-if-larger', '--ext', '.png', file]);
      await workbench.dismissQuickInput();
    }
  } finally {
    await session.stop();
    await sshd.stop();
  }
}
