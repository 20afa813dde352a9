import type { Arm } from '../src/bench/document.ts';
import { ARM_LABELS } from '../src/bench/summary.ts';

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
  const read = (name: string) => style.getPropertyValue(name).trim();
  const arms = (Object.keys(ARM_LABELS) as Arm[]).map((arm) => [arm, read(`--arm-${arm}`)]);
  return {
    foreground: read('--text'),
    muted: read('--muted'),
    grid: read('--grid'),
    background: read('--page'),
    raised: read('--raised'),
    border: read('--border'),
    fontFamily: style.fontFamily,
    arms: Object.fromEntries(arms) as Record<Arm, string>,
  };
}

/** VS Code swaps the variables on the root element and the class of the body, without a reload. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  const attributes = { attributes: true, attributeFilter: ['class', 'style'] };
  observer.observe(document.documentElement, attributes);
  observer.observe(document.body, attributes);
}
