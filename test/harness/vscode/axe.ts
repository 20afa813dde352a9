import fs from 'node:fs';
import path from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { FrameLocator } from 'playwright-core';
import type { Theme } from './workbench.ts';

const AXE = path.resolve(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js');

/** The class of a webview's body, once it is drawn in the theme. */
const BODY_CLASS: Readonly<Record<Theme, string>> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast-light',
};

/** Waits for a webview to be drawn in a theme. */
export async function drawnIn(frame: FrameLocator, theme: Theme): Promise<void> {
  await frame.locator(`body.${BODY_CLASS[theme]}`).waitFor();
}

/**
 * Everything axe knows, best practices among them.
 * @returns one line a fault: the rule, and the elements that break it.
 */
export async function axeFaults(frame: FrameLocator): Promise<string[]> {
  const body = frame.locator('body');
  // The page's policy lets no script in but its own: the debugger's evaluation is outside of it.
  await body.evaluate(fs.readFileSync(AXE, 'utf8'));
  const { violations } = await body.evaluate(async () => {
    interface Axe {
      run(context: Document, options: RunOptions): Promise<AxeResults>;
    }
    const { axe } = window as unknown as { axe: Axe };
    return axe.run(document, { resultTypes: ['violations'] });
  });
  return violations.map(
    ({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html).join(' ')}`,
  );
}
