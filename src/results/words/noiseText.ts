import type { Noise } from '../finding.ts';
import { ARM_LABELS } from '../arms.ts';

/** Why a run is noisy, or may be, in a sentence. */
export function noiseText(noise: Noise): string {
  switch (noise.kind) {
    case 'spread': {
      const { arm, typical, worst, worstAt, quiet } = noise;
      const words = `${ARM_LABELS[arm]} alone varies by ${percent(typical)} from sample to sample (standard deviation, median of the sizes), by ${percent(worst)} at ${worstAt}`;
      return quiet
        ? `${words}: a quiet host.`
        : `${words}: a noisy host, where small differences need many rounds.`;
    }
    case 'tooFewRounds':
      return 'Too few rounds to know how much the host itself varies.';
    case 'sharedBypass':
      return `Other programs used the same bypass during ${noise.shared} of its ${noise.samples} samples: its counts and its time include theirs.`;
    case 'steal':
      return `The hypervisor gave ${round(noise.meanPercent)}% of the CPU time to others, up to ${round(noise.maxPercent)}% during a sample.`;
    case 'load':
      return `The host was busy with other work: its load was ${round(noise.median)}, up to ${round(noise.max)}, on ${noise.cpus} CPUs; the benchmark itself accounts for about ${noise.own}.`;
    case 'governor':
      return `The CPU clock follows the load (governor "${noise.governor}"): with "performance" it is steadier.`;
    case 'turbo':
      return 'Turbo is on: the clock depends on temperature and on the other cores.';
    case 'virtual':
      return 'The host is a virtual machine: its neighbours share its caches and memory.';
    case 'resumed': {
      const times = noise.times === 1 ? 'once' : `${noise.times} times`;
      return `Interrupted and resumed ${times}: the parts were measured at different times.`;
    }
  }
}

const percent = (part: number): string => `${round(100 * part)}%`;
const round = (value: number): string =>
  value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
