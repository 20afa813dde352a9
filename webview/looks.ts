import type { PointStyle } from 'chart.js';
import { drawPoint } from 'chart.js/helpers';
import type { Arm } from '../src/bench/document.ts';

/** How an arm is told from the others where colour does not: in grey print, or to a colour-blind eye. */
type Look = {
  readonly fill: 'solid' | 'outline' | 'stripes' | 'hatch' | 'dots';
  readonly point: PointStyle;
  readonly dash: readonly number[];
};

export const LOOKS: Readonly<Record<Arm, Look>> = {
  tcp: { fill: 'outline', point: 'circle', dash: [6, 4] },
  'tcp-nodelay': { fill: 'stripes', point: 'triangle', dash: [2, 3] },
  bypass: { fill: 'solid', point: 'rect', dash: [] },
  'bypass-classic': { fill: 'hatch', point: 'rectRot', dash: [10, 4, 2, 4] },
  unix: { fill: 'dots', point: 'crossRot', dash: [1, 5] },
};

const TILE = 8;

/** The fill of an arm's bars, sharp at the screen's own resolution. */
export function fillOf(arm: Arm, colour: string): CanvasPattern | string {
  const { fill } = LOOKS[arm];
  if (fill === 'solid') return colour;
  const sharpness = window.devicePixelRatio;
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(TILE * sharpness);
  const context = tile.getContext('2d');
  if (!context) return colour;
  context.scale(tile.width / TILE, tile.height / TILE);
  context.strokeStyle = context.fillStyle = colour;
  context.globalAlpha = 0.15;
  context.fillRect(0, 0, TILE, TILE);
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.beginPath();
  if (fill === 'stripes' || fill === 'hatch') diagonals(context);
  if (fill === 'hatch') {
    context.translate(TILE, 0);
    context.scale(-1, 1);
    diagonals(context);
  }
  context.stroke();
  if (fill === 'dots') context.fillRect(TILE / 2 - 1, TILE / 2 - 1, 2.5, 2.5);
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(TILE / tile.width));
  return pattern ?? colour;
}

/** One stripe and the corners of its neighbours, so that tiles join without gaps. */
function diagonals(context: CanvasRenderingContext2D): void {
  for (const shift of [-TILE, 0, TILE]) {
    context.moveTo(shift, TILE);
    context.lineTo(shift + TILE, 0);
  }
}

/** Draws an arm as it looks in the charts, as a bar or as a line, into a small canvas. */
export function drawSwatch(
  canvas: HTMLCanvasElement,
  arm: Arm,
  colour: string,
  kind: 'bar' | 'line',
): void {
  const [width, height] = [kind === 'bar' ? 16 : 32, 14];
  const sharpness = window.devicePixelRatio;
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(sharpness, sharpness);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  if (kind === 'bar') {
    context.fillStyle = fillOf(arm, colour);
    context.fillRect(1, 1, width - 2, height - 2);
    context.strokeRect(1, 1, width - 2, height - 2);
    return;
  }
  context.setLineDash([...LOOKS[arm].dash]);
  context.beginPath();
  context.moveTo(0, height / 2);
  context.lineTo(width, height / 2);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colour;
  drawPoint(
    context,
    { pointStyle: LOOKS[arm].point, radius: 5, borderWidth: 2 },
    width / 2,
    height / 2,
  );
}
