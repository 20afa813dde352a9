import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { parseDocument, type ResultDocument } from '../../../src/results/document.ts';
import { extentOf } from '../../../src/results/plan.ts';
import type { Workbench } from './workbench.ts';

const SUFFIX = '.sockmap-bench.json';

/** The main job as a person does it: palette, pickers, notifications. */
export function drive(workbench: Workbench) {
  const failure = workbench.notification(/Could not/);
  /** Waits for any of these to show, or fails with the error the extension shows instead. */
  const shows = async (...wanted: Locator[]): Promise<void> => {
    const either = wanted.reduce((any, one) => any.or(one), failure);
    await either.first().waitFor({ timeout: 60_000 });
    if ((await failure.count()) > 0) {
      throw new Error(`VS Code says: ${await failure.first().innerText()}`);
    }
  };
  const on = workbench.notification(/The sockmap bypass is on/);
  const off = workbench.notification(/The sockmap bypass is off/);
  const asksForCgroup = workbench.page.locator('.quick-input-widget input[placeholder*="cgroup"]');
  const asksForHost = workbench.page.locator('.quick-input-widget input[placeholder*="host"]');
  const pickHost = async (host: string): Promise<void> => {
    await asksForHost.waitFor();
    await workbench.input(host, { accept: false });
    await workbench.pick(host);
  };
  const pickCgroup = async (cgroup: string): Promise<void> => {
    await workbench.input(cgroup, { accept: false });
    await workbench.pick(cgroup);
  };

  /** Waits for it to show, going on where a load warns of what the kernel gets wrong. */
  const pastWarning = async (wanted: Locator): Promise<void> => {
    const warning = workbench.dialog().filter({ hasText: 'Load Anyway' });
    await wanted.or(failure).or(warning).first().waitFor({ timeout: 60_000 });
    if ((await warning.count()) > 0) await workbench.pressDialogButton('Load Anyway');
  };
  /** Waits for the end of a load. */
  const loaded = async (): Promise<void> => {
    await pastWarning(on);
    await shows(on);
  };

  return {
    asksForHost,
    asksForCgroup,
    pickHost,
    pickCgroup,
    shows,
    pastWarning,
    loaded,
    on,
    off,
    failure,

    /** @param cgroup as the picker shows it: its path below the mount. */
    async load(host: string, cgroup: string, onChosen?: () => void): Promise<void> {
      await workbench.run('Sockmap: Load sockmap bypass');
      await pickHost(host);
      await shows(asksForCgroup);
      await pickCgroup(cgroup);
      onChosen?.();
      await loaded();
    },

    /**
     * Asks for a benchmark, as far as the list of plans.
     * @param cgroup as the picker shows it.
     */
    async askForPlan(host: string, cgroup: string): Promise<void> {
      await workbench.run('Sockmap: Run netperf benchmark');
      await pickHost(host);
      const plans = workbench.quick.locator('input[placeholder="Choose what to measure"]');
      // Where it is loaded once only, there is nothing to choose.
      await shows(asksForCgroup, plans);
      if ((await asksForCgroup.count()) > 0) await pickCgroup(cgroup);
      await plans.waitFor();
    },

    /**
     * Follows the run by its document in `folder`.
     * @param start from the notification's button, unless it is named.
     */
    async benchmark(
      folder: string,
      onProgress?: (done: number, total: number) => void,
      start = () => workbench.pressNotificationButton(/The sockmap bypass is on/, 'Run Benchmark'),
    ): Promise<{ file: string; document: ResultDocument }> {
      const before = new Set(readdirSync(folder));
      await start();
      const newest = (): string | undefined =>
        readdirSync(folder).find((name) => name.endsWith(SUFFIX) && !before.has(name));
      for (;;) {
        await delay(250);
        if ((await failure.count()) > 0) throw new Error(await failure.first().innerText());
        const name = newest();
        if (name === undefined) continue;
        const file = path.join(folder, name);
        const document = parseDocument(readFileSync(file, 'utf8'));
        onProgress?.(document.samples.length, extentOf(document.plan).samples[1]);
        if (document.finishedAt !== undefined) return { file, document };
      }
    },

    /** The window with the chart panel, once it shows the finished run. */
    async photograph(file: string): Promise<void> {
      await workbench.clearNotifications();
      await workbench.webview().locator('#state', { hasText: 'Finished' }).waitFor();
      await workbench.screenshot(file);
    },

    /** The status as text: one click away on the page that the status opens. */
    async showStatusText(host: string): Promise<void> {
      await workbench.run('Sockmap: Show bypass status');
      await pickHost(host);
      await workbench.webview().getByRole('button', { name: 'Show as text' }).click();
      await workbench.tab(`Bypass status of ${host}`).waitFor();
    },

    /** @param cgroup its full path. */
    async unload(host: string, cgroup: string): Promise<void> {
      await workbench.run('Sockmap: Unload sockmap bypass');
      await pickHost(host);
      // Where it is loaded once only, there is nothing to choose.
      await shows(asksForCgroup, off);
      if ((await off.count()) === 0) await pickCgroup(cgroup);
      await shows(off);
    },
  };
}
