import assert from 'node:assert/strict';
import { planSchema, type Plan } from '../../src/bench/document.ts';
import {
  bypassArm,
  estimatedSeconds,
  pointLabel,
  quickPlan,
  schedule,
} from '../../src/bench/plan.ts';
import { sizeLabel } from '../../src/bench/summary.ts';

describe('the quick plan', () => {
  for (const policy of ['guarded', 'classic'] as const) {
    it(`of the ${policy} policy measures TCP, TCP without Nagle and it`, () => {
      const plan = quickPlan(policy);
      assert.deepEqual(planSchema.parse(plan), plan);
      const streams = plan.points.filter(({ experiment }) => experiment === 'throughput');
      const trips = plan.points.filter(({ experiment }) => experiment === 'latency');
      assert.equal(streams.length, 3);
      assert.equal(trips.length, 1);
      for (const { arms } of streams) {
        assert.deepEqual(arms, ['tcp', 'tcp-nodelay', bypassArm(policy)]);
      }
      for (const { arms } of trips)
        assert.ok(arms.includes('tcp') && arms.includes(bypassArm(policy)));
    });
  }

  it('takes about a minute', () => {
    const plan = quickPlan('guarded');
    const seconds = estimatedSeconds(plan, schedule(plan).length);
    assert.ok(seconds > 30 && seconds < 120, String(seconds));
  });
});

describe('the order of samples', () => {
  const plan: Plan = {
    name: 'own',
    points: [
      { experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'tcp-nodelay', 'bypass'] },
      { experiment: 'latency', requestBytes: 1, responseBytes: 1, arms: ['tcp', 'bypass'] },
    ],
    secondsPerSample: 1,
    repetitions: 4,
  };
  const slots = schedule(plan);

  it('has every arm of every point once a repetition', () => {
    assert.equal(slots.length, 4 * 5);
    for (const point of plan.points) {
      for (const arm of point.arms) {
        const of = slots.filter((slot) => slot.point === point && slot.arm === arm);
        assert.deepEqual(
          of.map(({ repetition }) => repetition),
          [0, 1, 2, 3],
        );
      }
    }
  });

  it('goes round by round, the arms of a point next to each other, turned every second time', () => {
    const arms = slots.map(({ arm }) => arm);
    const round = ['tcp', 'tcp-nodelay', 'bypass', 'tcp', 'bypass'];
    const turned = ['bypass', 'tcp-nodelay', 'tcp', 'bypass', 'tcp'];
    assert.deepEqual(arms, [...round, ...turned, ...round, ...turned]);
    assert.deepEqual(
      slots.map(({ repetition }) => repetition),
      [0, 1, 2, 3].flatMap((repetition) => Array<number>(5).fill(repetition)),
    );
  });

  it('lets a steady drift fall on all arms alike', () => {
    for (const point of plan.points) {
      const means = point.arms.map((arm) => {
        const places = slots.flatMap((slot, i) =>
          slot.point === point && slot.arm === arm ? [i] : [],
        );
        return places.reduce((sum, place) => sum + place, 0) / places.length;
      });
      assert.equal(new Set(means).size, 1, String(means));
    }
  });
});

describe('labels', () => {
  it('of sizes', () => {
    const CASES: [bytes: number, label: string][] = [
      [1, '1 B'],
      [64, '64 B'],
      [1000, '1000 B'],
      [1024, '1 KiB'],
      [1500, '1500 B'],
      [65_536, '64 KiB'],
      [1 << 20, '1 MiB'],
      [3 << 19, '1536 KiB'],
      [16 << 20, '16 MiB'],
    ];
    for (const [messageBytes, label] of CASES) {
      assert.equal(sizeLabel({ experiment: 'throughput', messageBytes }), label);
    }
  });

  it('of points', () => {
    assert.equal(
      pointLabel({ experiment: 'throughput', messageBytes: 4096, arms: ['tcp'] }),
      'throughput, 4 KiB messages',
    );
    assert.equal(
      pointLabel({ experiment: 'latency', requestBytes: 64, responseBytes: 1024, arms: ['tcp'] }),
      'round trip, 64 B / 1 KiB',
    );
  });
});
