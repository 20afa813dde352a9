import type { PointStyle } from 'chart.js';
import { drawPoint } from 'chart.js/helpers';
import type { Arm } from '../src/results/document.ts';
import type { Figure, Series } from '../src/results/figure.ts';
import type { MOST_RUNS } from '../src/results/protocol.ts';

/** The shape of a point, as `drawPoint` of chart.js, its datasets and tooltips take it: degrees clockwise. */
export type Shape = { readonly pointStyle: PointStyle; readonly rotation: number };

const upright = (pointStyle: PointStyle): Shape => ({ pointStyle, rotation: 0 });

/**
 * Arms differ by the marker's shape as well as by colour: in grey print, for colour-blind readers. All have an
 * inside: hollow markers say something.
 */
export const SHAPES: Readonly<Record<Arm, Shape>> = {
  tcp: upright('circle'),
  'tcp-nodelay': upright('triangle'),
  bypass: upright('rect'),
  'bypass-classic': upright('rectRot'),
  unix: { pointStyle: 'triangle', rotation: 180 },
};

/** A size at which it was not the arm that was measured. */
export const DOUBTFUL = upright('crossRot');

/** Request sizes and the like of an arm differ by the line; where dashes end, hollow markers begin. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [2, 6]] as const;
export const dashOf = (variant: number): number[] => [...(DASHES[variant % DASHES.length] ?? [])];
export const isHollow = (variant: number): boolean => Math.floor(variant / DASHES.length) % 2 === 1;
/** From here on they begin anew. */
export const MOST_VARIANTS = 2 * DASHES.length;

/** Runs differ by their weight, of the line and the markers on it; and see `lookOf`. */
const WEIGHTS = [
  { width: 2, radius: 5 },
  { width: 1, radius: 3 },
  { width: 4, radius: 7 },
] as const satisfies { length: typeof MOST_RUNS };
export const weightOf = (run: number): { width: number; radius: number } =>
  WEIGHTS[run % WEIGHTS.length] ?? WEIGHTS[0];

/** How a line is drawn, but for its colour and the shape of its markers. */
export type Look = {
  readonly dash: readonly number[];
  /** Whether markers are hollow; in the overview each point says whether its is. */
  readonly hollow: boolean;
  readonly width: number;
  readonly radius: number;
};

export const variantsOf = ({ series }: Pick<Figure, 'series'>): number =>
  new Set(series.map(({ variant }) => variant)).size;

/**
 * The second run of those that are shown together has hollow markers; each has dashes of its own where
 * these do not tell request sizes apart.
 * @param variants how many the figure has.
 */
export const lookOf = (
  { variant, run }: Pick<Series, 'variant' | 'run'>,
  variants: number,
): Look => ({
  dash: dashOf(variants > 1 ? variant : run),
  hollow: isHollow(variant) !== (run === 1),
  ...weightOf(run),
});

export type Swatch = {
  readonly arm?: Arm;
  /** The line, and its markers; without one there is a marker alone. */
  readonly look?: Look;
  readonly colour: string;
  /** Without the marker that the line has where there is no arm. */
  readonly plain?: boolean;
  /** A hollow marker, whatever the line. */
  readonly hollow?: boolean;
  /** The marker of a size that says nothing of its arm. */
  readonly doubtful?: boolean;
};

const [WIDTH, HEIGHT] = [36, 18];

/** Draws a line as it looks in the charts, with the marker of its arm where there is one. */
export function drawSwatch(canvas: HTMLCanvasElement, page: string, swatch: Swatch): void {
  const { arm, look, colour, plain = false } = swatch;
  const { width, radius } = look ?? weightOf(0);
  const hollow = swatch.hollow ?? look?.hollow ?? false;
  const sharpness = window.devicePixelRatio;
  canvas.width = Math.round(WIDTH * sharpness);
  canvas.height = Math.round(HEIGHT * sharpness);
  canvas.style.width = `${WIDTH}px`;
  canvas.style.height = `${HEIGHT}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(sharpness, sharpness);
  context.strokeStyle = colour;
  context.lineWidth = width;
  if (look) {
    context.setLineDash([...look.dash]);
    context.beginPath();
    context.moveTo(0, HEIGHT / 2);
    context.lineTo(WIDTH, HEIGHT / 2);
    context.stroke();
    context.setLineDash([]);
  }
  context.lineWidth = 2;
  if (plain) return;
  context.fillStyle = hollow ? page : colour;
  const shape = swatch.doubtful ? DOUBTFUL : SHAPES[arm ?? 'tcp'];
  drawPoint(context, { ...shape, radius, borderWidth: 2 }, WIDTH / 2, HEIGHT / 2);
}
