import * as l10n from '@vscode/l10n';
import type { Noise } from '../finding.ts';
import { ARM_LABELS } from '../arms.ts';

/** Why a run is noisy, or may be, in a sentence. */
export function noiseText(noise: Noise): string {
  switch (noise.kind) {
    case 'spread': {
      const { arm, typical, worst, worstAt, quiet } = noise;
      const words = l10n.t(
        '{0} alone varies by {1} from sample to sample (standard deviation, median of the sizes), by {2} at {3}',
        ARM_LABELS[arm],
        percent(typical),
        percent(worst),
        worstAt,
      );
      return quiet
        ? l10n.t('{0}: a quiet host.', words)
        : l10n.t('{0}: a noisy host, where small differences need many rounds.', words);
    }
    case 'tooFewRounds':
      return l10n.t('Too few rounds to know how much the host itself varies.');
    case 'sharedBypass':
      return l10n.t(
        'Other programs used the same bypass during {0} of its {1} samples: its counts and its time include theirs.',
        noise.shared,
        noise.samples,
      );
    case 'steal':
      return l10n.t(
        'The hypervisor gave {0}% of the CPU time to others, up to {1}% during a sample.',
        round(noise.meanPercent),
        round(noise.maxPercent),
      );
    case 'load':
      return l10n.t(
        'The host was busy with other work: its load was {0}, up to {1}, on {2} CPUs; the benchmark itself accounts for about {3}.',
        round(noise.median),
        round(noise.max),
        noise.cpus,
        noise.own,
      );
    case 'governor':
      return l10n.t(
        'The CPU clock follows the load (governor "{0}"): with "performance" it is steadier.',
        noise.governor,
      );
    case 'turbo':
      return l10n.t('Turbo is on: the clock depends on temperature and on the other cores.');
    case 'virtual':
      return l10n.t('The host is a virtual machine: its neighbours share its caches and memory.');
    case 'resumed': {
      const times = noise.times === 1 ? l10n.t('once') : l10n.t('{0} times', noise.times);
      return l10n.t(
        'Interrupted and resumed {0}: the parts were measured at different times.',
        times,
      );
    }
  }
}

const percent = (part: number): string => `${round(100 * part)}%`;
const round = (value: number): string =>
  value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
