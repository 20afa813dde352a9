import type { PointStyle } from 'chart.js';
import { drawPoint } from 'chart.js/helpers';
import type { Arm } from '../src/bench/document.ts';

/** An arm is told by its marker's shape as well as by its colour: in grey print, to a colour-blind eye. */
export const SHAPES: Readonly<Record<Arm, PointStyle>> = {
  tcp: 'circle',
  'tcp-nodelay': 'triangle',
  bypass: 'rect',
  'bypass-classic': 'rectRot',
  unix: 'star',
};

/** What else tells series apart, request sizes or runs, is in the line; every second is hollow too. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [2, 6]] as const;
export const dashOf = (variant: number): number[] => [...(DASHES[variant % DASHES.length] ?? [])];
export const isHollow = (variant: number): boolean => variant % 2 === 1;

export type Swatch = {
  readonly arm?: Arm;
  /** The kind of line; none where only a marker is shown. */
  readonly variant?: number;
  readonly colour: string;
  /** Without the marker that the line has where there is no arm. */
  readonly plain?: boolean;
  /** A hollow marker, whatever the line. */
  readonly hollow?: boolean;
};

const [WIDTH, HEIGHT] = [32, 14];

/** Draws a line as it looks in the charts, with the marker of its arm where there is one. */
export function drawSwatch(canvas: HTMLCanvasElement, page: string, swatch: Swatch): void {
  const { arm, variant, colour, plain = false } = swatch;
  const hollow = swatch.hollow ?? (variant !== undefined && isHollow(variant));
  const sharpness = window.devicePixelRatio;
  canvas.width = Math.round(WIDTH * sharpness);
  canvas.height = Math.round(HEIGHT * sharpness);
  canvas.style.width = `${WIDTH}px`;
  canvas.style.height = `${HEIGHT}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(sharpness, sharpness);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  if (variant !== undefined) {
    context.setLineDash(dashOf(variant));
    context.beginPath();
    context.moveTo(0, HEIGHT / 2);
    context.lineTo(WIDTH, HEIGHT / 2);
    context.stroke();
    context.setLineDash([]);
  }
  if (plain || (arm === undefined && !hollow)) return;
  context.fillStyle = hollow ? page : colour;
  const pointStyle = arm === undefined ? 'circle' : SHAPES[arm];
  drawPoint(context, { pointStyle, radius: 5, borderWidth: 2 }, WIDTH / 2, HEIGHT / 2);
}
