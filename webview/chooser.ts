import { LATENCY_METRICS, type LatencyMetric } from '../src/bench/summary.ts';
import { el } from './dom.ts';

/** Radio buttons for what the latency chart shows. */
export function metricChooser(
  chosen: LatencyMetric,
  onChoice: (metric: LatencyMetric) => void,
): HTMLElement {
  const options = LATENCY_METRICS.map((metric) => {
    const attributes = { type: 'radio', name: 'metric', value: metric, checked: metric === chosen };
    const input = el('input', attributes);
    input.addEventListener('change', () => {
      onChoice(metric);
    });
    return el('label', {}, input, metric);
  });
  return el(
    'fieldset',
    { class: 'chooser' },
    el('legend', { class: 'hidden' }, 'Latency shown'),
    ...options,
  );
}
