import type { FrameLocator } from 'playwright-core';
import { drawnIn } from './axe.ts';
import type { Session } from './session.ts';
import { THEMES, type Theme } from './workbench.ts';

/** Looks at a page of ours in each theme, and leaves the window dark. */
export async function inEveryTheme(
  session: Session,
  page: FrameLocator,
  look: (theme: Theme) => Promise<unknown>,
): Promise<void> {
  for (const theme of Object.keys(THEMES) as Theme[]) {
    await session.setTheme(theme);
    await drawnIn(page, theme);
    await look(theme);
  }
  await session.setTheme('dark');
}

/**
 * Looks at a page of ours in a window of 560 px without a side bar.
 * @returns by how many pixels it is wider than that.
 */
export async function inNarrowWindow(
  { page: window, workbench }: Session,
  page: FrameLocator,
  look: () => Promise<unknown>,
): Promise<number> {
  const wide = window.viewportSize();
  await window.setViewportSize({ width: 560, height: 1000 });
  await workbench.run('View: Close Primary Side Bar');
  const overflow = await page
    .locator('html')
    .evaluate((html) => html.scrollWidth - html.clientWidth);
  await look();
  if (wide) await window.setViewportSize(wide);
  return overflow;
}
