import type { Locator, Page } from 'playwright-core';
import { eventually } from '../host/wait.ts';
import type { Workbench } from './workbench.ts';

/** The window as a person uses it who has no mouse. */
export class Keys {
  readonly #workbench: Workbench;
  readonly #page: Page;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.#page = workbench.page;
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.#page.keyboard.press(key);
  }

  /** Runs a command by its full title in the palette. */
  async run(title: string): Promise<void> {
    await eventually(
      `"${title}" is in the palette`,
      async () => {
        await this.press('F1');
        if (!(await appears(this.#focusedInput(), 1500))) return false;
        await this.#page.keyboard.insertText(title);
        if (await this.#goTo(this.#workbench.item(title), 1500)) return true;
        // It shows the commands there were when it opened.
        await this.press('Escape');
        return false;
      },
      30_000,
    );
    await this.press('Enter');
  }

  /**
   * Answers a list: waits for its question, types, goes to an item and takes it.
   * @param question the input with its placeholder, or what else shows that it is there.
   */
  async pick(question: Locator, item: string | RegExp, typed = ''): Promise<void> {
    await this.highlight(question, item, typed);
    await this.press('Enter');
  }

  /** The same without taking it, as for a tick with the space bar. */
  async highlight(question: Locator, item: string | RegExp, typed = ''): Promise<void> {
    await question.waitFor();
    await this.#focusedInput().waitFor();
    if (typed !== '') {
      await this.press('Control+a');
      await this.#page.keyboard.insertText(typed);
    }
    const row = this.#workbench.quick.locator('.monaco-list-row', { hasText: item }).first();
    await eventually(`${String(item)} is in the list`, () => this.#goTo(row, 10_000));
  }

  /** Types a line and sends it. */
  async answer(question: Locator, text: string): Promise<void> {
    await question.waitFor();
    await this.#focusedInput().waitFor();
    await this.press('Control+a');
    await this.#page.keyboard.insertText(text);
    await this.press('Enter');
  }

  /** Presses a button of the open dialog. */
  async dialogButton(label: string | RegExp): Promise<void> {
    await this.#tabTo(this.#workbench.dialog().locator('.monaco-button', { hasText: label }));
    await this.press('Enter');
  }

  /** Presses a button of a notification. */
  async notificationButton(text: string | RegExp, label: string): Promise<void> {
    await this.#workbench.notification(text).waitFor();
    await this.run('Notifications: Focus Notification Toast');
    await this.#tabTo(this.#workbench.notificationButton(text, label));
    await this.press('Enter');
  }

  /** Takes an entry of the context menu of what has the focus. */
  async menu(label: string | RegExp): Promise<void> {
    await this.press('Shift+F10');
    const menu = this.#page.locator('.monaco-menu');
    await menu.waitFor();
    await eventually(`the menu's entry ${String(label)}`, async () => {
      await this.press('ArrowDown');
      return (await menu.locator('.action-item.focused', { hasText: label }).count()) > 0;
    });
    await this.press('Enter');
  }

  /**
   * Goes to a row of a view.
   * @param title of the command that focuses the view. While that is still empty, the focus stays where it was.
   */
  async treeItem(title: string, label: string | RegExp): Promise<void> {
    const row = this.#page.locator('.pane-body .monaco-list-row', { hasText: label }).first();
    await eventually(`the focus is at ${String(label)}`, async () => {
      await this.run(title);
      if (!(await appears(row, 10_000))) return false;
      await this.press('Home');
      for (let step = 0; step < 50; step++) {
        if (await isFocused(row)) return true;
        await this.press('ArrowDown');
      }
      return false;
    });
  }

  /** Presses a button of the toolbar of the view that has the focus: they come before its rows. */
  async toolbar(label: string): Promise<void> {
    const button = this.#page.locator('.pane-header .action-label:focus');
    await eventually(`the focus is at ${label}`, async () => {
      await this.press('Shift+Tab');
      return (await button.getAttribute('aria-label', { timeout: 100 }).catch(() => '')) === label;
    });
    await this.press('Enter');
  }

  #focusedInput(): Locator {
    return this.#workbench.quick.locator('.quick-input-box input:focus');
  }

  /** Arrows down to a row; false where it is not there in time. */
  async #goTo(row: Locator, timeout: number): Promise<boolean> {
    if (!(await appears(row, timeout))) return false;
    for (let step = 0; step < 50; step++) {
      if (await isFocused(row)) return true;
      await this.press('ArrowDown');
    }
    return false;
  }

  async #tabTo(button: Locator): Promise<void> {
    await button.first().waitFor();
    await eventually('the button has the focus', async () => {
      const focused = await button
        .first()
        .evaluate((element) => element.contains(document.activeElement));
      if (!focused) await this.press('Tab');
      return focused;
    });
  }
}

const appears = (locator: Locator, timeout: number): Promise<boolean> =>
  locator.waitFor({ timeout }).then(
    () => true,
    () => false,
  );

const isFocused = async (row: Locator): Promise<boolean> =>
  (await row.count()) > 0 && (await row.evaluate((each) => each.classList.contains('focused')));

/** Counts what a mouse does in the window from now on, unless that is loaded anew. */
export async function watchMouse(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as unknown as { mouse: number };
    counted.mouse = 0;
    for (const kind of ['mousedown', 'pointerdown', 'wheel'])
      window.addEventListener(
        kind,
        () => {
          counted.mouse += 1;
        },
        { capture: true },
      );
  });
  return () => page.evaluate(() => (window as unknown as { mouse: number }).mouse);
}
