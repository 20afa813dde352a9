import assert from 'node:assert/strict';
import {
  planSchema,
  type Arm,
  type Plan,
  type Point,
  type Sample,
} from '../../../src/results/document.ts';
import {
  articlePlan,
  bypassArm,
  estimatedSeconds,
  extentOf,
  planFault,
  pointLabel,
  quickPlan,
  schedule,
  standardPlan,
  wholeRounds,
  type Slot,
} from '../../../src/results/plan.ts';
import { isCompared } from '../../../src/results/samples.ts';
import { sizeLabel } from '../../../src/results/sizes.ts';
import { sampleOf } from './documents.ts';

/** Takes samples as a run does, up to a number of them. */
function run(
  plan: Plan,
  {
    from = [],
    upTo = Infinity,
    rate = () => 100,
  }: { from?: readonly Sample[]; upTo?: number; rate?: (slot: Slot) => number } = {},
): { slots: Slot[]; samples: Sample[] } {
  const [slots, samples]: [Slot[], Sample[]] = [[], [...from]];
  for (;;) {
    const round = schedule(plan, samples).slots;
    if (round.length === 0) return { slots, samples };
    for (const slot of round) {
      if (samples.length >= upTo) return { slots, samples };
      slots.push(slot);
      samples.push(sampleOf(slot, samples.length, rate(slot)));
    }
  }
}

describe('our plans', () => {
  for (const policy of ['guarded', 'classic'] as const) {
    for (const make of [quickPlan, standardPlan, articlePlan]) {
      const plan = make(policy);
      it(`${plan.name} of the ${policy} policy measures TCP, TCP without Nagle and it`, () => {
        assert.deepEqual(planSchema.parse(plan), plan);
        assert.equal(planFault(plan), undefined);
        for (const { experiment, arms } of plan.points) {
          const wanted: Arm[] = ['tcp', 'tcp-nodelay', bypassArm(policy)];
          // A round trip has nothing to batch.
          const expected = wanted.filter(
            (arm) => arm !== 'tcp-nodelay' || (experiment === 'throughput' && arms.includes(arm)),
          );
          assert.deepEqual(arms, expected);
        }
      });
    }
  }

  it('quick has most sizes where the guarded policy does not go back to TCP by design', () => {
    const { points } = quickPlan('guarded');
    // bpf/sockmap_bypass.bpf.c: small one-way messages are those below 16 KiB.
    const bypassed = points.filter(
      (point) => point.experiment !== 'throughput' || point.messageBytes >= 16_384,
    );
    assert.ok(bypassed.length / points.length >= 0.75);
    assert.ok(points.some(({ arms }) => arms.includes('tcp-nodelay')));
  });

  it('quick takes about a minute, standard at most about ten, article hours', () => {
    const minutes = (plan: Plan) => extentOf(plan).seconds.map((seconds) => seconds / 60);
    const [[quick = 0], [, standard = 0], [article = 0]] = [
      minutes(quickPlan('guarded')),
      minutes(standardPlan('guarded')),
      minutes(articlePlan('guarded')),
    ];
    assert.ok(quick > 0.5 && quick < 2, String(quick));
    assert.ok(standard > 8 && standard < 12, String(standard));
    assert.ok(article > 120, String(article));
  });

  it('standard covers each figure of the article', () => {
    const { points, bpfTime } = standardPlan('guarded');
    const streams = points.filter(({ experiment }) => experiment === 'throughput');
    const requests = points.flatMap((point) =>
      point.experiment === 'latency' ? [point.requestBytes] : [],
    );
    // Fig. 2, 3 and 7: by message size; Fig. 4 to 6: for requests of 64, 128 and 256 B.
    assert.ok(streams.length >= 4 && bpfTime === true);
    assert.deepEqual([...new Set(requests)], [64, 128, 256]);
    for (const request of [64, 128, 256]) {
      assert.ok(requests.filter((bytes) => bytes === request).length >= 3);
    }
  });

  it("article has the sizes of the article's scripts", () => {
    const { points, secondsPerSample } = articlePlan('guarded');
    const sizes = points.flatMap((point) =>
      point.experiment === 'throughput' ? [point.messageBytes] : [],
    );
    assert.deepEqual(sizes.slice(0, 5), [256, 512, 1024, 2048, 3072]);
    assert.equal(sizes.length, 20);
    assert.equal(sizes.at(-1), 18_432);
    assert.equal(points.length, 20 + 3 * 9);
    assert.equal(secondsPerSample, 60);
  });
});

describe('a plan that makes no sense', () => {
  const point: Point = { experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'bypass'] };
  const plan: Plan = { name: 'own', points: [point], secondsPerSample: 1, repetitions: 4 };

  it('has a size or an arm twice', () => {
    assert.equal(planFault(plan), undefined);
    assert.match(
      planFault({ ...plan, points: [point, point] }) ?? '',
      /64 B messages appears twice/,
    );
    const arms: Arm[] = ['tcp', 'bypass', 'tcp'];
    assert.match(planFault({ ...plan, points: [{ ...point, arms }] }) ?? '', /variant tcp twice/);
  });

  it('asks for more rounds than it allows', () => {
    assert.ok(planSchema.safeParse({ ...plan, minRepetitions: 4 }).success);
    const { error } = planSchema.safeParse({ ...plan, minRepetitions: 5 });
    assert.deepEqual(error?.issues[0]?.path, ['minRepetitions']);
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
  const { slots } = run(plan);

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

  it('is known beforehand', () => {
    assert.deepEqual(schedule(plan, []).slots, slots.slice(0, 5));
    assert.equal(schedule(plan, []).later, 15);
    assert.deepEqual(extentOf(plan).samples, [20, 20]);
    assert.equal(extentOf(plan).seconds[1], estimatedSeconds(plan, 20));
  });

  it('has samples for the run time of BPF beside the others, in the first rounds', () => {
    const timed = run({ ...plan, bpfTime: true });
    const of = timed.slots.filter((slot) => slot.timed);
    assert.deepEqual(
      of.map(({ point, arm, repetition }) => [point.experiment, arm, repetition]),
      [0, 1, 2].map((repetition) => ['throughput', 'bypass', repetition]),
    );
    assert.deepEqual(
      timed.slots.filter((slot) => !slot.timed),
      slots,
    );
    assert.equal(timed.samples.filter((sample) => !isCompared(sample)).length, 3);
    assert.deepEqual(extentOf({ ...plan, bpfTime: true }).samples, [23, 23]);
  });
});

describe('rounds', () => {
  const [first, second]: Point[] = [
    { experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'bypass'] },
    { experiment: 'latency', requestBytes: 1, responseBytes: 1, arms: ['tcp', 'bypass'] },
  ];
  assert.ok(first && second);
  const plan: Plan = {
    name: 'own',
    points: [first, second],
    secondsPerSample: 1,
    repetitions: 9,
    minRepetitions: 4,
    targetInterval: 0.05,
    bpfTime: true,
  };
  /** Steady until the round in which a point jumps. */
  const jump = (experiment: Point['experiment'], round: number) => (slot: Slot) =>
    slot.point.experiment === experiment && slot.arm === 'bypass' && slot.repetition === round
      ? 103
      : 100;
  const rounds = (samples: readonly Sample[], experiment: Point['experiment']) =>
    1 + Math.max(...samples.filter((s) => s.experiment === experiment).map((s) => s.repetition));

  it('end when every ratio is known well enough', () => {
    const { samples } = run(plan);
    assert.deepEqual([rounds(samples, 'throughput'), rounds(samples, 'latency')], [4, 4]);
    assert.deepEqual(extentOf(plan).samples, [19, 39]);
  });

  // Ending on its own, a point would end when its rounds happen to agree.
  it('end for no point before all are known', () => {
    const first = run({ ...plan, targetInterval: 0.02 }, { rate: jump('throughput', 2) }).samples;
    assert.equal(rounds(first, 'throughput'), rounds(first, 'latency'));
    // One of n values, 3% above the rest: t * 3% / n, with n - 1 degrees of freedom.
    assert.equal(rounds(first, 'latency'), 5);
    const second = run({ ...plan, targetInterval: 0.01 }, { rate: jump('latency', 2) }).samples;
    assert.equal(rounds(second, 'throughput'), 8);
  });

  it('end with the limit', () => {
    const { samples } = run({ ...plan, targetInterval: 0.001 }, { rate: jump('latency', 2) });
    assert.deepEqual([rounds(samples, 'throughput'), rounds(samples, 'latency')], [9, 9]);
  });

  it('are not fewer than 6 unless the plan says so', () => {
    const { minRepetitions: _, ...short } = plan;
    assert.equal(rounds(run(short).samples, 'throughput'), 6);
    const two = run({ ...short, repetitions: 2 });
    assert.equal(rounds(two.samples, 'throughput'), 2);
  });

  it('go on to the limit without a target', () => {
    const { targetInterval: _, ...all } = plan;
    assert.equal(rounds(run(all).samples, 'throughput'), 9);
  });

  it('do not end where an arm stalled, which has no ratio', () => {
    const stalled = run(plan, { rate: ({ arm }) => (arm === 'tcp' ? 100 : 0) });
    assert.equal(rounds(stalled.samples, 'throughput'), 9);
  });

  it('end for all of a point’s arms together', () => {
    const point: Point = { ...first, arms: ['tcp', 'tcp-nodelay', 'bypass'] };
    const noisy = ({ arm, repetition }: Slot) =>
      arm === 'bypass' ? 100 + 40 * (repetition % 2) : 100;
    const { samples } = run({ ...plan, points: [point] }, { rate: noisy });
    assert.equal(samples.filter(({ arm }) => arm === 'tcp-nodelay').length, 9);
  });

  it('wait for every arm to be compared with the first one where there is no TCP', () => {
    const point: Point = { ...first, arms: ['bypass', 'bypass-classic'] };
    const { samples } = run({ ...plan, points: [point] });
    assert.equal(rounds(samples, 'throughput'), 4);
  });

  describe('of a run that was cut off', () => {
    // Beyond the fewest rounds, to the limit.
    const rate = jump('latency', 3);
    const patient = { ...plan, targetInterval: 0.005 };
    const whole = run(patient, { rate });
    assert.equal(whole.samples.at(-1)?.repetition, 8);
    const key = ({ experiment, arm, repetition, bpf }: Sample) =>
      [experiment, arm, repetition, bpf?.nanoseconds === undefined].join(' ');

    it('go on with the same samples, none twice and none missing, wherever it was', () => {
      for (let cut = 0; cut <= whole.samples.length; cut++) {
        const kept = wholeRounds(patient, whole.samples.slice(0, cut));
        const { samples } = run(patient, { from: kept, rate });
        assert.deepEqual(samples.map(key), whole.samples.map(key), `cut at ${cut}`);
        assert.deepEqual(
          samples.map(({ order }) => order),
          [...samples.keys()],
        );
      }
    });

    it('measure anew what was cut in half, and nothing else', () => {
      for (let cut = 0; cut <= whole.samples.length; cut++) {
        const samples = whole.samples.slice(0, cut);
        const kept = wholeRounds(patient, samples);
        const lost = samples.slice(kept.length);
        assert.deepEqual(samples.slice(0, kept.length), kept);
        // At most two of a point's three samples.
        assert.ok(lost.length <= 2);
        assert.ok(lost.every((sample) => key(sample).split(' ')[0] === lost[0]?.experiment));
        const [next] = schedule(patient, kept).slots;
        const begun = kept.filter(
          (s) => s.experiment === next?.point.experiment && s.repetition === next.repetition,
        );
        assert.deepEqual(begun, [], `cut at ${cut}`);
      }
    });
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
