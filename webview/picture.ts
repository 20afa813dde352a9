import * as l10n from '@vscode/l10n';
import {
  BasicPlatform,
  Chart,
  Legend,
  SubTitle,
  Title,
  type ChartConfiguration,
  type ChartItem,
} from 'chart.js';
import { drawPoint } from 'chart.js/helpers';
import { Context } from 'svgcanvas';
import { showsRatios, type Figure } from '../src/results/figure.ts';
import type { Run } from '../src/results/runs.ts';
import { reachText } from '../src/results/words/planText.ts';
import { doubtsText, gapsText } from '../src/results/words/pointTexts.ts';
import { configOf, type View } from './chart.ts';
import { letterOf } from './runLetters.ts';
import { lookOf, SHAPES, variantsOf } from './seriesStyle.ts';

Chart.register(Legend, SubTitle, Title);

/** CSS pixels: as wide as a page of a report. */
const [WIDTH, HEIGHT] = [960, 560];
const PADDING = { top: 16, left: 16, bottom: 16 };
/** For print and dense screens. */
const SHARPNESS = 2;

/** The chart by itself: with its title, legend, and under the title what it is of. */
export async function pngOf(view: View, subtitle: readonly string[]): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const chart = draw(canvas, view, subtitle, SHARPNESS);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  chart.destroy();
  if (!blob) throw new Error('The browser made no picture.');
  return blob;
}

/** The subject of a picture, and the meaning of its markers: it goes where there is no legend of ours. */
export function subtitleOf(figure: Figure, runs: readonly Run[]): string[] {
  const { id, series } = figure;
  const doubts = doubtsText(figure);
  return [
    ...runs.map(({ label, document: { host, programs } }, run) => {
      const name = runs.length > 1 ? `${letterOf(run)}: ${label}` : label;
      const far = programs.reach === undefined ? '' : `, ${reachText(programs.reach)}`;
      return l10n.t('{0} (Linux {1}, {2} policy{3})', name, host.kernel, programs.policy, far);
    }),
    ...(showsRatios({ id }) ? [l10n.t('Hollow markers: no clear difference')] : []),
    ...(id === 'overview' && series.some(({ breaks }) => breaks.length > 0) ? [gapsText()] : []),
    ...(doubts === '' ? [] : [l10n.t('Crosses: {0}, not compared', doubts)]),
  ];
}

/** The same in lines and text. */
export function svgOf(view: View, subtitle: readonly string[]): string {
  const context = new Context(WIDTH, HEIGHT);
  const canvas = Object.assign(context, { getContext: () => context });
  const chart = draw(canvas as unknown as ChartItem, view, subtitle, 1);
  const svg = context.getSvg();
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('role', 'img');
  const title = document.createElementNS(svg.namespaceURI, 'title');
  title.textContent = `${titleOf(view.figure)} (${subtitle.join('; ')})`;
  svg.prepend(title);
  const text = new XMLSerializer().serializeToString(svg);
  chart.destroy();
  return text;
}

function draw(
  canvas: ChartItem,
  view: View,
  subtitle: readonly string[],
  sharpness: number,
): Chart {
  const { figure, theme, hidden } = view;
  const isOverlay = figure.series.some(({ run }) => run > 0);
  const config = configOf(() => view);
  const text = (words: string | string[], size: number) => ({
    display: true,
    text: words,
    color: theme.foreground,
    font: { family: theme.fontFamily, size },
  });
  const picture: ChartConfiguration<'line', (typeof config.data.datasets)[number]['data']> = {
    ...config,
    data: {
      datasets: config.data.datasets
        // With `segment` chart.js draws a line piece by piece, and not by a Path2D, which is no SVG.
        .filter(({ series }) => series && !hidden.has(series.arm)),
    },
    // No page around it: it takes its size from the canvas.
    platform: BasicPlatform,
    options: {
      ...config.options,
      responsive: false,
      devicePixelRatio: sharpness,
      events: [],
      layout: { padding: { ...PADDING, right: isOverlay ? 32 : 16 } },
      plugins: {
        tooltip: { enabled: false },
        title: text(titleOf(figure), 16),
        subtitle: { ...text([...subtitle], 12), color: theme.muted, padding: { bottom: 8 } },
        legend: {
          position: 'bottom',
          // A line as it is drawn, dashes and all; `legendMarkers` puts its marker on it.
          labels: {
            boxWidth: LINE,
            boxHeight: 0,
            padding: 12,
            color: theme.foreground,
            font: { family: theme.fontFamily, size: 12 },
          },
        },
      },
    },
    plugins: [
      paper(theme.background),
      ...(config.plugins ?? []),
      legendMarkers(theme.background, figure),
    ],
  };
  return new Chart(canvas, picture);
}

const titleOf = ({ id, name, title }: Figure): string =>
  id.startsWith('fig') ? `${title} (${name})` : title;

/** Pixels of a line in the legend. */
const LINE = 36;

type HitBox = { readonly left: number; readonly top: number; readonly height: number };

/** Arms differ by their markers, and series of an arm by their lines: a legend has to show both. */
const legendMarkers = (page: string, figure: View['figure']) => ({
  id: 'legendMarkers',
  afterDraw(chart: Chart) {
    const { ctx, legend, data } = chart;
    // Where chart.js has put each entry; it has no type.
    const { legendHitBoxes: boxes = [] } = (legend ?? {}) as { legendHitBoxes?: HitBox[] };
    for (const [index, { left, top, height }] of boxes.entries()) {
      const { series, borderColor } = data.datasets[index] ?? {};
      if (!series || typeof borderColor !== 'string') continue;
      // In the overview hollow markers say something of the point.
      const { hollow: isOpen, radius } = lookOf(series, variantsOf(figure));
      const hollow = !showsRatios(figure) && isOpen;
      ctx.save();
      ctx.strokeStyle = borderColor;
      ctx.fillStyle = hollow ? page : borderColor;
      const look = { ...SHAPES[series.arm], radius, borderWidth: 2 };
      drawPoint(ctx, look, left + LINE / 2, top + height / 2);
      ctx.restore();
    }
  },
});

const paper = (colour: string) => ({
  id: 'paper',
  beforeDraw({ ctx, width, height }: Chart) {
    ctx.save();
    ctx.fillStyle = colour;
    ctx.fillRect(0, 0, width, height);
    ctx.restore();
  },
});
