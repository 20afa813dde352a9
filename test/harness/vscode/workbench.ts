import fs from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';

export type Theme = 'dark' | 'light' | 'high-contrast' | 'high-contrast-light';

interface ThemeNames {
  /** As in `workbench.colorTheme`. */
  readonly id: string;
  /** As in the list a person picks from. */
  readonly label: string;
  /** The class of the window drawn in it. */
  readonly className: string;
}

export const THEMES: Readonly<Record<Theme, ThemeNames>> = {
  dark: { id: 'Dark Modern', label: 'Dark Modern', className: 'vs-dark' },
  light: { id: 'Light Modern', label: 'Light Modern', className: 'vs' },
  'high-contrast': {
    id: 'Default High Contrast',
    label: 'Dark High Contrast',
    className: 'hc-black',
  },
  'high-contrast-light': {
    id: 'Default High Contrast Light',
    label: 'Light High Contrast',
    className: 'hc-light',
  },
};

const exactly = (text: string): RegExp =>
  new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);

/** As a person does where a busy window has not seen a key or the mouse: once more, so many times at most. */
async function persistently(times: number, attempt: () => Promise<void>): Promise<void> {
  for (let left = times - 1; ; left--) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** The VS Code window as a person sees it. */
export class Workbench {
  readonly page: Page;
  /** The palette, quick picks and input boxes are one widget. */
  readonly quick: Locator;
  readonly #folder: string;

  constructor(page: Page, folder = '/') {
    this.page = page;
    this.#folder = folder;
    this.quick = page.locator('.quick-input-widget');
  }

  async ready(): Promise<void> {
    await this.page
      .locator('.monaco-workbench .part.statusbar')
      .waitFor({ state: 'visible', timeout: 60_000 });
  }

  // The palette, quick picks and input boxes

  /** Runs a command by its full title in the palette, e.g. `Sockmap: Load sockmap bypass`. */
  async run(title: string, { timeout = 60_000 } = {}): Promise<void> {
    const end = Date.now() + timeout;
    for (;;) {
      // The palette shows the commands there were when it opened: reopen it until ours has arrived.
      // A panel that is still coming up swallows the key.
      await this.page.keyboard.press('F1');
      try {
        await this.quickInput().fill(`>${title}`, { timeout: 3000 });
        await this.item(title).waitFor({ timeout: 1500 });
        // Slow as it may be, it must not be followed by the key that closes what it opens.
        await this.item(title).click({ timeout: 15_000 });
        return;
      } catch (error) {
        await this.page.keyboard.press('Escape');
        if (Date.now() > end) {
          throw new Error(`There is no command "${title}" in the palette.`, { cause: error });
        }
      }
    }
  }

  /** Titles the palette offers for some text. */
  async commands(text: string): Promise<string[]> {
    await this.page.keyboard.press('F1');
    await this.quickInput().fill(`>${text}`);
    await this.quick.locator('.monaco-list-row').first().waitFor();
    const found = await this.items();
    await this.page.keyboard.press('Escape');
    return found;
  }

  quickInput(): Locator {
    return this.quick.locator('.quick-input-box input');
  }

  /** Prompt of the quick pick or input box, once it is there. */
  async placeholder(): Promise<string> {
    await this.quickInput().waitFor();
    return (await this.quickInput().getAttribute('placeholder')) ?? '';
  }

  quickTitle(): Locator {
    return this.quick.locator('.quick-input-title');
  }

  /** An item of the open quick pick, by its whole label. */
  item(label: string): Locator {
    const name = this.page.locator('.label-name', { hasText: exactly(label) });
    return this.quick.locator('.monaco-list-row').filter({ has: name }).first();
  }

  /** The labels of the items on view; a long list shows only some. */
  async items(): Promise<string[]> {
    return this.quick.locator('.monaco-list-row .label-name').allInnerTexts();
  }

  async pick(label: string): Promise<void> {
    await this.item(label).click();
  }

  /** Ticks items of a list, whose question has this placeholder, and takes them. */
  async pickMany(placeholder: string, ...labels: readonly string[]): Promise<void> {
    await this.quick.locator(`input[placeholder="${placeholder}"]`).waitFor();
    for (const label of labels) await this.pick(label);
    await this.page.keyboard.press('Enter');
  }

  /** Types into the open quick pick or input box. */
  async input(text: string, { accept = true } = {}): Promise<void> {
    await this.quickInput().fill(text);
    if (accept) await this.page.keyboard.press('Enter');
  }

  /** To the question before, by the button in the title. */
  async goBack(): Promise<void> {
    await this.quick.locator('.quick-input-left-action-bar .action-label').click();
  }

  /** The message below an input box: its prompt, or why its value is not accepted. */
  inputMessage(): Locator {
    return this.quick.locator('.quick-input-message');
  }

  async dismissQuickInput(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.quick.waitFor({ state: 'hidden' });
  }

  // Notifications and dialogs

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-toast', { hasText: text });
  }

  notificationButton(text: string | RegExp, label: string): Locator {
    return this.notification(text).locator(
      '.notification-list-item-buttons-container .monaco-button',
      { hasText: exactly(label) },
    );
  }

  async pressNotificationButton(text: string | RegExp, label: string): Promise<void> {
    await this.notificationButton(text, label).click();
  }

  async clearNotifications(): Promise<void> {
    await this.run('Notifications: Clear All Notifications');
  }

  /** A modal dialog (`{ modal: true }`). */
  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  async pressDialogButton(label: string): Promise<void> {
    await this.dialog()
      .locator('.monaco-button', { hasText: exactly(label) })
      .click();
  }

  // Editors

  /** Opens a file of the folder. */
  async openFile(name: string): Promise<void> {
    await persistently(10, async () => {
      await this.askForFile(name);
      await this.quick
        .locator('.monaco-list-row', { hasText: name })
        .first()
        .click({ timeout: 3000 });
    });
    await this.tab(name).waitFor();
  }

  /** Saves a file of the folder until something shows: an editor that is still coming up does not hear the key. */
  async saveUntil(name: string, shows: Locator): Promise<void> {
    await persistently(10, async () => {
      await this.openFile(name);
      await this.page.keyboard.press('Control+s');
      await shows.waitFor({ timeout: 5000 });
    });
  }

  /**
   * Types the whole path into the list of files: a new one need not be in the search's index yet.
   * A window that is busy with another editor may swallow the key.
   */
  async askForFile(name: string): Promise<void> {
    await persistently(10, async () => {
      await this.page.keyboard.press('Control+P');
      await this.quickInput().fill(path.join(this.#folder, name), { timeout: 3000 });
    });
  }

  tab(name: string): Locator {
    return this.page.locator(`.tabs-container .tab[data-resource-name="${name}"]`);
  }

  editor(index = 0): Locator {
    return this.page.locator('.editor-instance .monaco-editor').nth(index);
  }

  /** Text that the editor shows; only a part of a long one is drawn. */
  async editorText(): Promise<string> {
    const text = await this.editor().locator('.view-lines').innerText();
    // The editor draws blanks as no-break spaces.
    return text.replaceAll('\u00a0', ' ');
  }

  squiggles(kind: 'error' | 'warning' | 'info' = 'error'): Locator {
    return this.page.locator(`.monaco-editor .view-overlays .cdr.squiggly-${kind}`);
  }

  /** The n-th occurrence of a text in the editor. */
  word(text: string, occurrence = 0): Locator {
    return this.editor().locator('.view-line span span', { hasText: text }).nth(occurrence);
  }

  /** The paragraphs of the hover over the n-th occurrence of a text in the editor. */
  async hover(text: string, occurrence = 0): Promise<string[]> {
    const word = this.word(text, occurrence);
    const rows = this.page.locator('.monaco-hover:not(.hidden) .hover-row:not(.status-bar)', {
      hasText: /\S/,
    });
    // A hover opens when the mouse arrives. Lines that move as it does (a lens comes in above them)
    // leave it over another one, where nothing opens.
    await persistently(5, async () => {
      await this.page.mouse.move(1, 1);
      await word.hover({ position: { x: 10, y: 8 } });
      await rows.first().waitFor({ timeout: 5000 });
    });
    return rows.allInnerTexts();
  }

  /** The rows of the problems panel. */
  async problems(): Promise<Locator> {
    await this.run('Problems: Focus on Problems View');
    return this.page.locator('.markers-panel .monaco-list-row');
  }

  /** The document of the visible webview: a frame of the editor's holds the extension's. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  // The rest of the window

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.part.statusbar .statusbar-item', { hasText: text });
  }

  explorerItem(name: string): Locator {
    return this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name });
  }

  /** A row of any tree view, by its label. */
  treeItem(label: string | RegExp): Locator {
    return this.page.locator('.pane-body .monaco-list-row', { hasText: label });
  }

  terminal(): Locator {
    return this.page.locator('.terminal-wrapper.active .xterm-rows');
  }

  async pickTheme(theme: Theme): Promise<void> {
    const { label, className } = THEMES[theme];
    await this.run('Preferences: Color Theme');
    await this.quickInput().fill(label);
    const name = this.page.locator('.label-name', { hasText: exactly(label) });
    await this.quick.locator('.monaco-list-row.focused').filter({ has: name }).waitFor();
    // The list shows a theme before it is chosen, a moment late; a choice before that would be lost.
    await this.page.locator(`.monaco-workbench.${className}`).waitFor();
    await this.page.waitForTimeout(500);
    await this.page.keyboard.press('Enter');
    await this.quick.waitFor({ state: 'hidden' });
  }

  /** The text of the open output channel. */
  async outputText(): Promise<string> {
    const view = this.page.locator(
      '.panel .output-view .view-lines, .output-view-content .view-lines',
    );
    await view.first().waitFor();
    // The editor draws blanks as no-break spaces.
    return (await view.first().innerText()).replaceAll('\u00a0', ' ');
  }

  async screenshot(file: string): Promise<string> {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }
}
