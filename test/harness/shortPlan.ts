import type { Plan } from '../../src/results/document.ts';

/** So short that a test can wait for it: three rounds of a second each, over TCP and the bypass. */
export const shortPlan = (name: string): Plan => ({
  name,
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 3,
});
