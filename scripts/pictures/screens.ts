import type { Locator } from 'playwright-core';
import { titleOf } from '../../test/harness/vscode/commands.ts';
import type { Workbench } from '../../test/harness/vscode/workbench.ts';
import { AFTER, BEFORE, LOOP_NAME, SOURCE_NAME, type FilmSet } from './filmSet.ts';

/** A picture of the documents. */
export interface Screen {
  readonly name: string;
  /** Size of the window, in CSS pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** The part of the window that is taken. */
  readonly part: string;
  /** Once, before it is taken in each theme. */
  readonly prepare?: (set: FilmSet) => Promise<void>;
  /** Brings up what is to be seen, in each theme. */
  readonly show: (set: FilmSet) => Promise<unknown>;
  /** Once, after it was taken. */
  readonly finish?: (set: FilmSet) => Promise<void>;
}

const EDITOR = '.part.editor';
const PAGE = { width: 1000, height: 900 };

export const SCREENS: readonly Screen[] = [
  {
    name: 'live',
    size: PAGE,
    part: EDITOR,
    prepare: async ({ session: { workbench }, steps, host }) => {
      await hideSideBar(workbench);
      await workbench.run(titleOf('sockmapBypass.status'));
      await steps.pickHost(host);
      await workbench.webview().locator('#bypass').waitFor();
      // Enough readings for a line.
      await workbench.page.waitForTimeout(30_000);
    },
    show: ({ session: { workbench } }) => workbench.webview().locator('#chart').waitFor(),
  },
  {
    name: 'assess',
    size: { width: 1000, height: 820 },
    part: EDITOR,
    prepare: async ({ session: { workbench } }) => {
      await hideSideBar(workbench);
      // That of the services alone: its keybinding names their cgroup.
      await workbench.page.keyboard.press('Control+Alt+L');
    },
    show: ({ session: { workbench } }) =>
      workbench.webview().locator('#verdict').waitFor({ timeout: 60_000 }),
  },
  {
    name: 'canary',
    size: { width: 1000, height: 1020 },
    part: EDITOR,
    prepare: async ({ session: { workbench }, serve }) => {
      await serve();
      await hideSideBar(workbench);
      await workbench.page.keyboard.press('Control+Alt+C');
      const page = workbench.webview();
      await page.locator('#canary-counts').waitFor({ timeout: 60_000 });
      // Enough answers for smooth lines.
      await workbench.page.waitForTimeout(30_000);
    },
    show: async ({ session: { workbench } }) => {
      await workbench.webview().locator('#canary-ratios').waitFor();
      // Its progress stays, but not before the page.
      await workbench.page.keyboard.press('Escape');
      await workbench.notification('Canary on').waitFor({ state: 'hidden' });
    },
    finish: async ({ session: { workbench } }) => {
      await workbench.webview().locator('#canary-end').click();
      await workbench.webview().locator('#canary-begin').waitFor();
    },
  },
  {
    name: 'compare',
    size: { width: 1440, height: 800 },
    part: EDITOR,
    prepare: async ({ session: { workbench } }) => {
      await hideSideBar(workbench);
      await workbench.run(titleOf('sockmapBypass.compare'));
      await workbench.pick(AFTER);
      await workbench.pick(BEFORE);
    },
    show: ({ session: { workbench } }) => workbench.webview().locator('#table').waitFor(),
  },
  figure('overview', 'overview'),
  figure('throughput', 'fig2'),
  figure('latency', 'fig4'),
  {
    name: 'picker',
    size: { width: 1000, height: 620 },
    part: '.quick-input-widget',
    show: async ({ session: { workbench }, steps, host }) => {
      await workbench.run(titleOf('sockmapBypass.load'));
      await steps.pickHost(host);
      await steps.asksForCgroup.waitFor();
      await workbench.page.mouse.move(1, 1);
    },
  },
  {
    name: 'warning',
    size: { width: 1000, height: 620 },
    part: '.monaco-dialog-box',
    show: async ({ session: { workbench }, steps, host }) => {
      await workbench.run(titleOf('sockmapBypass.load'));
      await steps.pickHost(host);
      await steps.asksForCgroup.waitFor();
      // A proxy that reads with splice() runs there.
      await workbench.input('/shop.slice/web.service', { accept: false });
      await workbench.pick('web.service');
      await workbench.dialog().filter({ hasText: 'Load Anyway' }).waitFor();
    },
  },
  {
    name: 'plan',
    size: { width: 1000, height: 620 },
    part: '.quick-input-widget',
    show: async ({ session: { workbench }, steps, host, cgroup }) => {
      await steps.askForPlan(host, cgroup);
      await workbench.page.mouse.move(1, 1);
    },
  },
  {
    name: 'walkthrough',
    size: { width: 1280, height: 760 },
    part: EDITOR,
    prepare: ({ session: { workbench } }) => hideSideBar(workbench),
    show: async ({ session: { workbench } }) => {
      await workbench.run(titleOf('sockmapBypass.getStarted'));
      await workbench.page.locator('.getting-started-media img').waitFor();
    },
  },
  {
    name: 'matrix',
    size: { width: 1000, height: 560 },
    part: EDITOR,
    prepare: async ({ session: { workbench }, host }) => {
      await hideSideBar(workbench);
      await workbench.run(titleOf('sockmapBypass.verifyOnHosts'));
      await workbench.pickMany('Choose sources', SOURCE_NAME, LOOP_NAME);
      await workbench.pickMany('Choose hosts', host, 'db1');
      const summary = workbench.webview().locator('#summary', { hasText: /2 rejected$/ });
      await summary.waitFor({ timeout: 120_000 });
    },
    show: ({ session: { workbench } }) => workbench.webview().locator('#matrix').waitFor(),
  },
  {
    name: 'verifier',
    size: { width: 1000, height: 560 },
    part: EDITOR,
    prepare: async ({ session }) => {
      await session.workbench.saveUntil(SOURCE_NAME, session.workbench.squiggles().first());
      await lens(session.page.locator('.codelens-decoration a'), 'rejected by Linux').waitFor();
    },
    show: ({ session }) => session.workbench.hover('+='),
  },
  {
    name: 'fixes',
    size: { width: 1000, height: 560 },
    part: EDITOR,
    prepare: async ({ session }) => {
      await session.workbench.saveUntil(SOURCE_NAME, session.workbench.squiggles().first());
      await lens(session.page.locator('.codelens-decoration a'), 'rejected by Linux').waitFor();
    },
    show: async ({ session: { workbench, page } }) => {
      await workbench.word('+=').click();
      await page.keyboard.press('Control+.');
      await page.locator('.action-widget').first().waitFor();
    },
  },
  {
    name: 'visits',
    size: { width: 1000, height: 760 },
    part: EDITOR,
    prepare: async ({ session: { workbench, page } }) => {
      await workbench.saveUntil(
        LOOP_NAME,
        lens(page.locator('.codelens-decoration a'), 'instructions').first(),
      );
      await workbench.run(titleOf('sockmapBypass.toggleCoverage'));
    },
    show: ({ session: { workbench } }) => workbench.hover('+='),
    finish: async ({ session: { workbench } }) => {
      await workbench.run(titleOf('sockmapBypass.toggleCoverage'));
    },
  },
  // The last two: the live page names what a host keeps, too.
  {
    name: 'views',
    size: { width: 1000, height: 560 },
    part: '.part.sidebar',
    prepare: async ({ session: { workbench }, keep }) => {
      await keep();
      await workbench.run('Sockmap Bypass: Focus on Hosts View');
      await widenSideBar(workbench);
    },
    show: async ({ session: { workbench }, host }) => {
      await workbench.run('Sockmap Bypass: Focus on Hosts View');
      await workbench.treeItem(host).first().waitFor();
      if ((await workbench.treeItem('cart.service').count()) === 0)
        await workbench.treeItem(host).first().click();
      await workbench.treeItem(/cart\.service.*kept/).waitFor({ timeout: 60_000 });
      await workbench.treeItem('billing, kept across reboots').waitFor();
      await workbench.treeItem('quick').first().waitFor();
    },
  },
  {
    name: 'fleet',
    size: PAGE,
    part: EDITOR,
    prepare: async ({ session: { workbench } }) => {
      await hideSideBar(workbench);
      await workbench.run(titleOf('sockmapBypass.fleet'));
    },
    show: ({ session: { workbench } }) =>
      workbench.webview().locator('#numbers tbody tr').first().waitFor(),
  },
];

const lens = (all: Locator, text: string): Locator => all.filter({ hasText: text });

/** A page of the result panel. */
function figure(name: string, tab: string): Screen {
  return {
    name,
    size: PAGE,
    part: EDITOR,
    prepare: async ({ session: { workbench } }) => {
      await hideSideBar(workbench);
      await workbench.openFile(AFTER);
      await workbench.webview().locator('#state', { hasText: 'Finished' }).waitFor();
      await workbench.webview().locator(`#tab-${tab}`).click();
    },
    show: ({ session: { workbench } }) => workbench.webview().locator('#chart').waitFor(),
  };
}

/** Pages get the whole width. */
async function hideSideBar(workbench: Workbench): Promise<void> {
  if (await workbench.page.locator('.part.sidebar').isVisible())
    await workbench.run('View: Toggle Primary Side Bar Visibility');
}

/** By its edge, as a person does. */
async function widenSideBar({ page }: Workbench): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (box === null || box.width > 400) return;
  await page.mouse.move(box.x + box.width, 300);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width + 140, 300, { steps: 5 });
  await page.mouse.up();
}
