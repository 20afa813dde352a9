import assert from 'node:assert/strict';
import type { NetperfPoint, Sample } from '../../../src/results/document.ts';
import { parseSample } from '../../../src/bench/sample.ts';
import { bypassedPart, isShared } from '../../../src/results/samples.ts';
import { BOUNDARY, recorded } from '../recorded.ts';
import { stream, trip } from './panelRuns.ts';

/** 5 s of 1 Gbit/s. */
const OWN = 625e6;
const bypassed = (bpf: Partial<Sample['bpf']>, loopbackBytes?: number): Sample => ({
  ...stream('bypass', 0, 1e9, 65_536, { redirectedBytes: OWN, ...bpf }),
  ...(loopbackBytes !== undefined && { loopbackBytes }),
});

describe('a sample that is shared with other programs', () => {
  it('is one whose programs carried more than netperf sent, by more than its control connection', () => {
    for (const part of [0, 0.5, 1, 1.04]) {
      assert.equal(isShared(bypassed({ redirectedBytes: OWN * part })), false, String(part));
    }
    assert.equal(isShared(bypassed({ redirectedBytes: OWN * 1.06 })), true);
    // A handful of round trips are less than what netperf itself says about them.
    const slow = { ...trip('bypass', 0, 1e6), bpf: { redirectedBytes: 5000 } };
    assert.equal(isShared(slow), false);
  });

  it('is one before which they carried something, however little', () => {
    assert.equal(isShared(bypassed({ otherMessages: 1 })), true);
    assert.equal(isShared(bypassed({ otherMessages: 0 })), false);
    assert.equal(isShared(stream('tcp', 0, 1e9)), false);
  });

  it('went by the bypass as far as the loopback device cannot have carried it', () => {
    const of = (loopback?: number) =>
      bypassedPart(bypassed({ redirectedBytes: 3 * OWN }, loopback));
    assert.equal(of(0), 1);
    assert.equal(of(OWN * 0.25), 0.75);
    assert.equal(of(OWN * 1.1), 0);
    // Not known is not carried.
    assert.equal(of(), 0);
    assert.equal(bypassedPart(bypassed({ redirectedBytes: OWN / 2 }, OWN * 9)), 0.5);
  });
});

describe('a sample of the bypass', () => {
  const counters = (messages: number): string => {
    const values = [{ cpu: 0, value: { redirected_messages: messages, redirected_bytes: 100 } }];
    return JSON.stringify([{ formatted: { key: 0, values } }]);
  };
  const sample = (idle: number, before: number): Sample => {
    const sections = {
      'counters idle': counters(idle),
      load: '0.5 0.5 0.5 1/2 3',
      'counters before': counters(before),
      netperf: recorded('netperf/stream.txt'),
      'counters after': counters(90),
    };
    const text = Object.entries(sections).map(([name, body]) => `\n${BOUNDARY} ${name}\n${body}`);
    const point: NetperfPoint = { experiment: 'throughput', messageBytes: 64, arms: ['bypass'] };
    const slot = { point, arm: 'bypass', repetition: 0, timed: false } as const;
    const taken = { order: 0, startedAt: '2026-03-01T10:00:00.000Z' };
    return parseSample(text.join(''), BOUNDARY, {}, slot, taken);
  };

  it('says what the bypass carried before netperf ran', () => {
    assert.equal(sample(50, 57).bpf?.otherMessages, 7);
    assert.equal(sample(50, 57).bpf?.redirectedMessages, 33);
    assert.equal(sample(50, 50).bpf?.otherMessages, undefined);
  });
});
