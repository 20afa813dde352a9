import * as l10n from '@vscode/l10n';
import type { Chart, Plugin } from 'chart.js';

/** Short names of runs that are shown together, on their lines and beside their names. */
export const letterOf = (run: number): string => String.fromCharCode(65 + run);

/** Pixels right of the last marker, and between two letters. */
const [ASIDE, ROOM] = [10, 13];

type Letter = { readonly text: string; readonly colour: string; readonly x: number; y: number };

/**
 * The letter of its run at the end of every line: of many lines in a few colours, nobody would know
 * otherwise which is whose.
 */
export const runLetters = (fontFamily: () => string): Plugin<'line'> => ({
  id: 'runLetters',
  afterDatasetsDraw(chart) {
    const letters = lettersOf(chart);
    if (new Set(letters.map(({ text }) => text)).size < 2) return;
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.font = l10n.t('bold 12px {0}', fontFamily());
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    for (const { text, colour, x, y } of apart(letters, chartArea.bottom)) {
      ctx.fillStyle = colour;
      ctx.fillText(text, x, y);
    }
    ctx.restore();
  },
});

function lettersOf(chart: Chart<'line'>): Letter[] {
  // Beside all markers of their size, not between them.
  const ends = new Map<number, number>();
  for (const { index, data } of chart.getSortedVisibleDatasetMetas()) {
    const last = lastOf(chart, index);
    ends.set(last, Math.max(ends.get(last) ?? 0, data[last]?.x ?? 0));
  }
  return chart.getSortedVisibleDatasetMetas().flatMap(({ index, data }): Letter[] => {
    const { series, borderColor } = chart.data.datasets[index] ?? {};
    const last = lastOf(chart, index);
    const element = data[last];
    if (!series || !element || typeof borderColor !== 'string') return [];
    const x = (ends.get(last) ?? element.x) + ASIDE;
    return [{ text: letterOf(series.run), colour: borderColor, x, y: element.y }];
  });
}

/** The last size at which a line was measured; -1 where it never was. */
const lastOf = ({ data }: Chart<'line'>, index: number): number =>
  data.datasets[index]?.series?.points.findLastIndex((point) => point !== undefined) ?? -1;

/** From below to above, none over another one that ends at about the same place. */
function apart(letters: readonly Letter[], bottom: number): Letter[] {
  const placed: Letter[] = [];
  for (const letter of letters.toSorted((a, b) => b.y - a.y)) {
    const { x } = letter;
    const isSame = (other: Letter) =>
      other.text === letter.text && other.colour === letter.colour && other.x === x;
    // One letter for lines of a run and an arm that end together.
    if (placed.some((other) => isSame(other) && Math.abs(other.y - letter.y) < ROOM)) continue;
    let y = Math.min(letter.y, bottom - ROOM / 2);
    for (const other of placed) {
      if (Math.abs(other.x - x) < ROOM && Math.abs(other.y - y) < ROOM) y = other.y - ROOM;
    }
    placed.push({ ...letter, y });
  }
  return placed;
}
