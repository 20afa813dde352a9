import * as l10n from '@vscode/l10n';

/** The figures of the article by its numbers, and one picture of them all. */
export const FIGURE_IDS = [
  ...(['overview', 'fig2', 'fig3', 'fig4', 'fig5', 'fig6', 'fig7'] as const),
  // Ours, of no figure of the article.
  ...(['connections', 'workloads', 'distribution'] as const),
] as const;
export type FigureId = (typeof FIGURE_IDS)[number];

/** The title of a page, in a word or two; the figure's number is that of the article. */
export function pageName(id: FigureId): string {
  switch (id) {
    case 'overview':
      return l10n.t('Overview');
    case 'fig2':
      return l10n.t('Throughput');
    case 'fig3':
      return l10n.t('TCP_NODELAY');
    case 'fig4':
      return l10n.t('Latency');
    case 'fig5':
      return l10n.t('Transaction rate');
    case 'fig6':
      return l10n.t('Request sizes');
    case 'fig7':
      return l10n.t('Time in BPF');
    case 'connections':
      return l10n.t('Short connections');
    case 'workloads':
      return l10n.t('Workloads');
    case 'distribution':
      return l10n.t('Distribution');
  }
}

/** Quantities of a round trip, in microseconds. */
export const LATENCY_METRICS = ['p50', 'p90', 'p99', 'mean'] as const;
export type LatencyMetric = (typeof LATENCY_METRICS)[number];
export const METRIC_LABELS: Readonly<Record<LatencyMetric, string>> = {
  p50: 'P50',
  p90: 'P90',
  p99: 'P99',
  mean: 'Mean',
};

/** netperf's histogram has buckets of 1 µs up to 100 µs, of 10 µs up to 1 ms, and so on. */
export function percentileStepUs(us: number): number {
  return us < 100 ? 1 : 10 ** (Math.floor(Math.log10(us)) - 1);
}

/** Rounds in which nothing moved. */
export type Stalls = { readonly stalled: number; readonly rounds: number };
