import type { Arm } from '../src/results/document.ts';
import { ARM_ORDER } from '../src/results/arms.ts';

/** The editor's colours as a canvas needs them; panel.css says which of them each part uses. */
export type Theme = {
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly raised: string;
  readonly border: string;
  readonly fontFamily: string;
  readonly arms: Readonly<Record<Arm, string>>;
};

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const read = (name: string) => plain(style.getPropertyValue(name).trim());
  return {
    foreground: read('--text'),
    muted: read('--muted'),
    grid: read('--grid'),
    background: read('--page'),
    raised: read('--raised'),
    border: read('--border'),
    fontFamily: style.fontFamily,
    arms: Object.fromEntries(ARM_ORDER.map((arm) => [arm, read(`--arm-${arm}`)])) as Theme['arms'],
  };
}

/** The colours of pictures, for white paper and pages. The arms' colours are those of the light theme, darker where thin lines need it. */
export const lightTheme = (fontFamily: string): Theme => ({
  foreground: '#1f1f1f',
  muted: '#5f5f5f',
  grid: '#dddddd',
  background: '#ffffff',
  raised: '#ffffff',
  border: '#8a8a8a',
  fontFamily,
  arms: {
    tcp: '#0b66c3',
    'tcp-nodelay': '#652d90',
    bypass: '#2b7a2e',
    'bypass-classic': '#a35200',
    unix: '#5f5f5f',
  },
});

const known = new Map<string, string>();
const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

/** A colour as every program that opens an exported picture knows it: `rgba(…)`, no `color-mix(…)`. */
function plain(colour: string): string {
  const cached = known.get(colour);
  if (cached !== undefined || !pixel) return cached ?? colour;
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 255] = pixel.getImageData(0, 0, 1, 1).data;
  const rgba = `rgba(${red}, ${green}, ${blue}, ${Number((alpha / 255).toFixed(3))})`;
  known.set(colour, rgba);
  return rgba;
}

/** VS Code swaps the variables on the root element and the class of the body, without a reload. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  const attributes = { attributes: true, attributeFilter: ['class', 'style'] };
  observer.observe(document.documentElement, attributes);
  observer.observe(document.body, attributes);
}
