import * as l10n from '@vscode/l10n';
import type { ComparisonPage, ComparisonRow } from '../src/results/words/comparisonView.ts';
import { factor } from '../src/results/format.ts';
import { el } from './dom.ts';
import { placeOn, ratioScale, type RatioScale } from './ratioScale.ts';

const SIGNS: Readonly<Record<ComparisonRow['verdict'], string>> = {
  better: '▲',
  worse: '▼',
  same: '=',
  inconclusive: '?',
  'not compared': '–',
};

/** Before and after at each size, with the ratio as a picture beside its numbers. */
export function ratioTable(page: ComparisonPage): HTMLElement {
  const scale = ratioScale(page);
  const head = (text: string, attributes = {}) => el('th', { scope: 'col', ...attributes }, text);
  return el(
    'div',
    {
      class: 'scroll',
      tabindex: 0,
      role: 'region',
      'aria-label': l10n.t('Numbers: {0}', page.title),
    },
    el(
      'table',
      { id: 'table', class: 'ratios' },
      el('caption', {}, `${page.title} (${page.better})`),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          head(l10n.t('Size')),
          head(l10n.t('Variant')),
          head(l10n.t('Verdict'), { class: 'words' }),
          el('th', { scope: 'col', class: 'picture' }, axis(scale)),
          head(l10n.t('After to before, ratio (95% CI)'), { class: 'words' }),
          head(l10n.t('Before (median)')),
          head(l10n.t('After (median)')),
          head(l10n.t('Ratio to TCP, after to before (95% CI)'), { class: 'words' }),
        ),
      ),
      ...page.groups.map(({ size, rows }) =>
        el(
          'tbody',
          {},
          ...rows.map((row, index) =>
            el(
              'tr',
              { 'data-arm': row.arm, 'data-verdict': row.verdict },
              index === 0 ? el('th', { scope: 'rowgroup', rowspan: rows.length }, size) : undefined,
              el('th', { scope: 'row' }, row.label),
              el(
                'td',
                { class: 'words' },
                el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[row.verdict]),
                ` ${row.verdictText}`,
              ),
              el('td', { class: 'picture' }, picture(row, scale)),
              el('td', { class: 'words' }, ...ratioWords(row.change)),
              el('td', {}, row.before),
              el('td', {}, row.after),
              el('td', { class: 'words' }, ...ratioWords(row.againstTcp)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** The interval of a ratio stays in one line. */
function ratioWords(text: string): (HTMLElement | string)[] {
  const from = text.indexOf('(');
  return from < 0
    ? [text]
    : [text.slice(0, from), el('span', { class: 'whole' }, text.slice(from))];
}

const percent = (place: number): string => `${(100 * Math.min(1, Math.max(0, place))).toFixed(2)}%`;

function axis(scale: RatioScale): HTMLElement {
  const marks = scale.marks.map((mark) => {
    const element = el('span', {}, `× ${factor(mark).replace(/\.?0+$/, '')}`);
    element.style.left = percent(placeOn(scale, mark));
    return element;
  });
  return el('div', { class: 'axis', 'aria-label': l10n.t('Ratio, as a picture') }, ...marks);
}

/** A dot for the ratio on a line for its interval; arrows where that goes on beyond the picture. */
function picture({ arm, ratio }: ComparisonRow, scale: RatioScale): HTMLElement {
  const one = el('i', { class: 'one' });
  one.style.left = percent(placeOn(scale, 1));
  const parts: HTMLElement[] = [one];
  if (ratio?.interval) {
    const [low, high] = [ratio.interval.low, ratio.interval.high].map((end) => placeOn(scale, end));
    const line = el('i', { class: 'interval' });
    line.style.left = percent(low ?? 0);
    line.style.right = percent(1 - (high ?? 1));
    line.classList.toggle('beyond-low', (low ?? 0) < 0);
    line.classList.toggle('beyond-high', (high ?? 1) > 1);
    parts.push(line);
  }
  if (ratio) {
    const dot = el('i', { class: 'dot' });
    dot.style.left = percent(placeOn(scale, ratio.centre));
    parts.push(dot);
  }
  return el('div', { class: `plot plot-${arm}`, 'aria-hidden': 'true' }, ...parts);
}
