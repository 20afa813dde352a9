import fs from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

/** The one that never has a window comes first: it starts, and draws, with less. */
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
];

/** `CHROMIUM_PATH`, the system's browser, or the one playwright-core has installed. */
function browserBinary(): string {
  const candidates = [process.env['CHROMIUM_PATH'], ...PLACES, chromium.executablePath()];
  const found = candidates.find((place) => place !== undefined && fs.existsSync(place));
  if (found === undefined) {
    throw new Error('No Chromium found; run node scripts/setup.mjs, or set CHROMIUM_PATH.');
  }
  return found;
}

/**
 * Holds what turns or runs as long as something is under way: for it all of the window is composed sixty times
 * a second, without a GPU. VS Code has no setting for it.
 */
export async function stopSpinners(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const still = new CSSStyleSheet();
    still.replaceSync(
      '.codicon-loading, .codicon-modifier-spin, .codicon-tree-item-loading::before, .progress-bit { animation: none !important; }',
    );
    document.adoptedStyleSheets = [still];
  });
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserBinary(),
    headless: true,
    // We end it ourselves, after those who still use it.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // Its sandbox does not work for root and in containers; it only ever shows our own server.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
}
