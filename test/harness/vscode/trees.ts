import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

/** Gives a row of a tree view the keyboard's focus, and selects it: by keys alone. */
export async function walkTo({ page }: Workbench, text: string): Promise<void> {
  const row = page.locator('.pane-body .monaco-list-row', { hasText: text });
  const view = row.first().locator('xpath=ancestor::*[contains(@class, "pane-body")]').last();
  await view.waitFor();
  await view.locator('.monaco-list').first().focus();
  await page.keyboard.press('Home');
  await step(row.and(page.locator('.focused')), async () => {
    await page.keyboard.press('ArrowDown');
  });
}

/** Opens the menu of the focused row, and chooses an entry: by keys alone. */
export async function chooseFromMenu({ page }: Workbench, label: string): Promise<void> {
  const entries = page.locator('.monaco-menu .action-item', { hasText: label });
  await page.keyboard.press('Shift+F10');
  await entries.first().waitFor({ timeout: 10_000 });
  await step(page.locator('.monaco-menu .action-item.focused', { hasText: label }), async () => {
    await page.keyboard.press('ArrowDown');
  });
  await page.keyboard.press('Enter');
  await entries.first().waitFor({ state: 'hidden' });
}

/** Presses a key until what is wanted is there. */
async function step(wanted: Locator, press: () => Promise<void>): Promise<void> {
  for (let left = 60; (await wanted.count()) === 0; left--) {
    if (left === 0) throw new Error('No key leads there.');
    await press();
    // The window moves the focus a moment later.
    await wanted.page().waitForTimeout(50);
  }
}
