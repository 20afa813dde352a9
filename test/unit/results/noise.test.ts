import assert from 'node:assert/strict';
import type { ResultDocument, Sample } from '../../../src/results/document.ts';
import { noiseOf } from '../../../src/results/noise.ts';
import { noiseText } from '../../../src/results/words/noiseText.ts';
import { resultDocument, stream } from './documents.ts';

const run = (
  rates: readonly number[],
  noise: NonNullable<Sample['noise']> = { stealPercent: 0, load1: 2.2 },
  host: Partial<ResultDocument['host']> = {},
): ResultDocument =>
  resultDocument({
    host: { ...resultDocument().host, ...host },
    samples: rates.map((rate, order) => ({
      ...stream(order),
      noise,
      throughputBitsPerSecond: rate,
    })),
  });

const noiseTexts = (document: ResultDocument): string[] => noiseOf(document).map(noiseText);

describe('noise', () => {
  it('is the spread of the baseline, in words', () => {
    // Mean 100, standard deviation 1 and 20.
    assert.deepEqual(noiseTexts(run([99, 100, 101])), [
      'TCP alone varies by 1% from sample to sample (standard deviation, median of the sizes), by 1% at 64 B: a quiet host.',
    ]);
    assert.match(noiseTexts(run([80, 100, 120]))[0] ?? '', /varies by 20% .*: a noisy host/);
  });

  it('does not count samples that measured the programs themselves', () => {
    const document = run([99, 100, 101]);
    const timed: Sample = { ...stream(3), bpf: { redirectedBytes: 1, nanoseconds: 5, runs: 1 } };
    const with_ = { ...document, samples: [...document.samples, timed] };
    assert.deepEqual(noiseOf(with_), noiseOf(document));
  });

  it('cannot be known from two rounds, nor from none', () => {
    assert.match(noiseTexts(run([99, 100]))[0] ?? '', /Too few rounds/);
    assert.deepEqual(noiseTexts(run([])), []);
  });

  it('is what the hypervisor takes, and what else runs', () => {
    const said = noiseTexts(run([99, 100, 101], { stealPercent: 12.34, load1: 9 })).join('\n');
    assert.match(said, /hypervisor gave 12% of the CPU time to others/);
    assert.match(said, /load was 9, up to 9, on 8 CPUs/);
    assert.equal(noiseTexts(run([99, 100, 101], { stealPercent: 0.4, load1: 6 })).length, 1);
  });

  it('is what the host is set to', () => {
    const said = (host: Partial<ResultDocument['host']>) =>
      noiseTexts(run([99, 100, 101], undefined, host))
        .slice(1)
        .join('\n');
    assert.match(said({ governor: 'powersave' }), /governor "powersave"/);
    assert.equal(said({ governor: 'performance', turbo: false, virtual: false }), '');
    assert.match(said({ turbo: true }), /Turbo is on/);
    assert.match(said({ virtual: true }), /virtual machine/);
  });

  it('is a pause in the middle', () => {
    const at = stream().startedAt;
    const said = noiseTexts({ ...run([99, 100, 101]), resumedAt: [at, at] }).join('\n');
    assert.match(said, /resumed 2 times/);
  });
});
