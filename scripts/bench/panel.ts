import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument, type ResultDocument } from '../../src/results/document.ts';
import { documentText } from '../../src/results/documentText.ts';
import { writeDocument } from '../../src/bench/store.ts';
import type { Session } from '../../test/harness/vscode/session.ts';

const SUFFIX = '.sockmap-bench.json';
const RECORDED = path.resolve(
  import.meta.dirname,
  '../../test/unit/recorded/bench/all-figures.sockmap-bench.json',
);

/** A run as long as wanted, of samples that were measured: its rounds come again and again. */
function longRun(count: number): ResultDocument {
  const recorded = parseDocument(readFileSync(RECORDED, 'utf8'));
  const { samples, plan } = recorded;
  const turns = Math.ceil(count / samples.length);
  const many = Array.from({ length: turns }, (_, turn) =>
    samples.map((sample, index) => ({
      ...sample,
      repetition: sample.repetition + turn * plan.repetitions,
      order: turn * samples.length + index,
    })),
  ).flat();
  return {
    ...recorded,
    plan: { ...plan, repetitions: turns * plan.repetitions },
    samples: many.slice(0, count),
  };
}

export interface PanelTimes {
  /** From the choice of the file to the chart, in seconds. */
  readonly open: number[];
  /** From a click on another figure's tab to the next frame. */
  readonly turn: number[];
}

const fileName = (count: number, round: number): string => `${count}-${round}${SUFFIX}`;
const liveName = (count: number): string => `live-${count}${SUFFIX}`;

/** A run under way that has so many samples of `longRun`. */
function runUnderWay(whole: ResultDocument, taken: number): ResultDocument {
  const { finishedAt: _, ...rest } = whole;
  return { ...rest, samples: whole.samples.slice(0, taken) };
}

/** A file for each round, one for the first that is left out, and one of a run under way. */
export async function writeRuns(folder: string, count: number, rounds: number): Promise<void> {
  const whole = longRun(count);
  await writeDocument(path.join(folder, liveName(count)), runUnderWay(whole, count - rounds - 1));
  const text = documentText(whole);
  for (let round = 0; round <= rounds; round++) {
    writeFileSync(path.join(folder, fileName(count, round)), text);
  }
}

/** Opens a run of so many samples time and again, a new file each time (`writeRuns`). */
export async function timePanel(
  { workbench }: Session,
  count: number,
  rounds: number,
): Promise<PanelTimes> {
  const times: PanelTimes = { open: [], turn: [] };
  for (let round = 0; round <= rounds; round++) {
    const name = fileName(count, round);
    await workbench.askForFile(name);
    const row = workbench.quick.locator('.monaco-list-row', { hasText: name }).first();
    await row.waitFor();
    const begin = performance.timeOrigin + performance.now();
    await workbench.page.keyboard.press('Enter');
    const panel = workbench.webview();
    // The panel leaves there what is on its canvas, once it is. Its clock is ours.
    const drawn = await panel.locator('#chart-data').evaluate(async (data) => {
      while (data.textContent === '')
        await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.timeOrigin + performance.now();
    });
    const open = (drawn - begin) / 1000;
    await panel.locator('#counts', { hasText: `${count} samples` }).waitFor();
    const turns = await panel.locator('body').evaluate(async (body) => {
      const taken: number[] = [];
      for (const tab of body.querySelectorAll<HTMLElement>('[role=tab]')) {
        const start = performance.now();
        tab.click();
        await new Promise((resolve) => requestAnimationFrame(resolve));
        taken.push((performance.now() - start) / 1000);
      }
      return taken;
    });
    // The first finds cold caches.
    if (round > 0) {
      times.open.push(open);
      times.turn.push(...turns);
    }
    await workbench.run('View: Close All Editors');
  }
  return times;
}

/**
 * Seconds from a sample that a run has taken until the panel shows it, at the end of a run of so many
 * (`writeRuns`): written, read, sent and drawn.
 */
export async function timeLive(
  { workbench }: Session,
  folder: string,
  count: number,
  rounds: number,
): Promise<number[]> {
  const whole = longRun(count);
  await workbench.askForFile(liveName(count));
  const row = workbench.quick.locator('.monaco-list-row', { hasText: liveName(count) }).first();
  await row.waitFor();
  await workbench.page.keyboard.press('Enter');
  const counts = workbench.webview().locator('#counts');
  await counts.filter({ hasText: `${count - rounds - 1} of` }).waitFor();
  const seconds: number[] = [];
  for (let taken = count - rounds; taken <= count; taken++) {
    const begin = performance.now();
    await writeDocument(path.join(folder, liveName(count)), runUnderWay(whole, taken));
    await counts.filter({ hasText: `${taken} of` }).waitFor();
    // The first finds cold caches.
    if (taken > count - rounds) seconds.push((performance.now() - begin) / 1000);
  }
  await workbench.run('View: Close All Editors');
  return seconds;
}
