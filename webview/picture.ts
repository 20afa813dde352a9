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
import { configOf, type View } from './chart.ts';
import { isHollow, SHAPES, weightOf } from './seriesStyle.ts';

Chart.register(Legend, SubTitle, Title);

/** CSS pixels: as wide as a page of a report. */
const [WIDTH, HEIGHT] = [960, 560];
/** For print and dense screens. */
const SHARPNESS = 2;

/** The chart by itself: with its title, legend, and under the title what it is of. */
export async function pngOf(view: View, subtitle: readonly string[]): Promise<Uint8Array> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const chart = draw(canvas, view, subtitle, SHARPNESS);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  chart.destroy();
  if (!blob) throw new Error('The browser made no picture.');
  return new Uint8Array(await blob.arrayBuffer());
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
  title.textContent = `${view.figure.name}: ${view.figure.title} (${subtitle.join('; ')})`;
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
      layout: { padding: 16 },
      plugins: {
        tooltip: { enabled: false },
        title: text(`${figure.name}: ${figure.title}`, 16),
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
      legendMarkers(theme.background, figure.id),
    ],
  };
  return new Chart(canvas, picture);
}

/** Pixels of a line in the legend. */
const LINE = 36;

type HitBox = { readonly left: number; readonly top: number; readonly height: number };

/** Arms differ by their markers, and series of an arm by their lines: a legend has to show both. */
const legendMarkers = (page: string, id: View['figure']['id']) => ({
  id: 'legendMarkers',
  afterDraw(chart: Chart) {
    const { ctx, legend, data } = chart;
    // Where chart.js has put each entry; it has no type.
    const { legendHitBoxes: boxes = [] } = (legend ?? {}) as { legendHitBoxes?: HitBox[] };
    for (const [index, { left, top, height }] of boxes.entries()) {
      const { series, borderColor } = data.datasets[index] ?? {};
      if (!series || typeof borderColor !== 'string') continue;
      // In the overview hollow markers say something of the point.
      const hollow = id !== 'overview' && isHollow(series.variant);
      ctx.save();
      ctx.strokeStyle = borderColor;
      ctx.fillStyle = hollow ? page : borderColor;
      const { radius } = weightOf(series.run);
      const look = { pointStyle: SHAPES[series.arm], radius, borderWidth: 2 };
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
