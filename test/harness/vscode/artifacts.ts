import fs from 'node:fs';
import path from 'node:path';
import type { Session } from './session.ts';

/** Where pictures and logs of failed tests go. */
export const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/test-artifacts');

/** Keeps a picture of the window and VS Code's logs of every test that fails. */
export function keepEvidence(session: () => Session | undefined): void {
  afterEach(async function () {
    const test = this.currentTest;
    const current = session();
    if (test?.state !== 'failed' || current === undefined) return;
    const name = test
      .fullTitle()
      .replace(/[^\w]+/g, '-')
      .slice(0, 80);
    const file = path.join(ARTIFACTS, name);
    await current.workbench.screenshot(`${file}.png`);
    fs.writeFileSync(`${file}.log`, `${current.browserErrors().join('\n')}\n\n${current.logs()}`);
    console.log(`Kept ${file}.png and .log`);
  });
}
