import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { planSchema, type Arm } from '../../../src/results/document.ts';
import { SCHEMAS } from '../../../src/bench/jsonSchema.ts';
import { articlePlan, planFault, quickPlan, standardPlan } from '../../../src/results/plan.ts';
import { ownPlan, parsePlan, parseSizes } from '../../../src/bench/planFile.ts';

describe('sizes as people type them', () => {
  const CASES: [typed: string, sizes: number[]][] = [
    ['', []],
    ['64', [64]],
    ['64, 1k,16 KiB ,2M', [64, 1024, 16_384, 2 << 20]],
    ['1kb, 10 B', [10, 1024]],
    ['4096,64,4096', [64, 4096]],
    [',64,', [64]],
  ];
  for (const [typed, sizes] of CASES) {
    it(JSON.stringify(typed), () => {
      assert.deepEqual(parseSizes(typed), sizes);
    });
  }

  for (const typed of ['0', '-1', '1.5', '64;128', 'k', '1g', '1e3', '9999999999', '64 128', '٣']) {
    it(`${typed} is none`, () => {
      assert.throws(() => parseSizes(typed), /is not a size: write 64, 1k or 64 KiB/);
    });
  }
});

describe('a plan of the form', () => {
  const wanted = {
    messages: [64],
    requests: [1, 2],
    responses: [3],
    secondsPerSample: 1,
    repetitions: 4,
    arms: ['tcp', 'tcp-nodelay', 'bypass'] as Arm[],
    targetInterval: 0.02,
    topology: 'namespaces' as const,
  };

  it('is one', () => {
    const plan = ownPlan(wanted);
    assert.deepEqual(planSchema.parse(plan), plan);
    assert.equal(planFault(plan), undefined);
    assert.equal(plan.points.length, 3);
    assert.deepEqual(plan.points[1]?.arms, ['tcp', 'bypass']);
    assert.equal(plan.topology, 'namespaces');
  });

  it('may ask for more than can be measured or drawn, though each answer is sensible', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    for (const [change, words] of [
      [{ requests: many(33) }, /points: more than 32 different request sizes/],
      [{ messages: many(50), repetitions: 1000 }, /repetitions: more than 50000 samples/],
    ] as const) {
      const text = JSON.stringify(ownPlan({ ...wanted, ...change }));
      assert.throws(() => parsePlan(text), words);
    }
  });

  it('may have no target, and nothing but TCP without Nagle', () => {
    const plan = ownPlan({ ...wanted, arms: ['tcp-nodelay'], targetInterval: undefined });
    assert.deepEqual(planSchema.parse(plan), plan);
    assert.deepEqual(plan.points[1]?.arms, ['tcp-nodelay']);
  });

  it('keeps something to compare round trips with where TCP is left out', () => {
    const { points } = ownPlan({ ...wanted, arms: ['tcp-nodelay', 'bypass'] });
    assert.deepEqual(points[1]?.arms, ['tcp-nodelay', 'bypass']);
  });
});

describe('a plan file', () => {
  const text = (change: object) => JSON.stringify({ ...quickPlan('guarded'), ...change });

  it('is read, and may name its schema', () => {
    for (const plan of [quickPlan('guarded'), standardPlan('classic'), articlePlan('guarded')]) {
      assert.deepEqual(parsePlan(JSON.stringify(plan)), plan);
    }
    assert.deepEqual(parsePlan(text({ $schema: './x.json' })), quickPlan('guarded'));
  });

  const FAULTS: [name: string, text: string, words: RegExp][] = [
    ['no JSON', '{', /^Error: not JSON: /],
    ['an array', '[]', /not a benchmark plan: .*expected object/],
    ['nothing', 'null', /expected object/],
    ['a misspelt key', text({ repetition: 3 }), /Unrecognized key: "repetition"/],
    ['no points', text({ points: [] }), /points/],
    [
      'an unknown arm',
      text({ points: [{ experiment: 'throughput', messageBytes: 1, arms: ['udp'] }] }),
      /points\[0\]\.arms\[0\]/,
    ],
    // netperf's -l would read it as 0, which is without end.
    ['half a second', text({ secondsPerSample: 0.5 }), /secondsPerSample: .*expected int/],
    [
      'a message of more than 1 GiB',
      text({ points: [{ experiment: 'throughput', messageBytes: 2 ** 30 + 1, arms: ['tcp'] }] }),
      /points\[0\]\.messageBytes/,
    ],
    ['more rounds at least than at most', text({ minRepetitions: 6 }), /minRepetitions/],
    [
      'a size twice',
      text({ points: [...quickPlan('guarded').points, ...quickPlan('guarded').points] }),
      /appears twice/,
    ],
    [
      'latencies of Unix sockets',
      text({
        points: [
          { experiment: 'latency', requestBytes: 1, responseBytes: 1, arms: ['tcp', 'unix'] },
        ],
      }),
      /round trip, 1 B \/ 1 B lists the variant unix, for which netperf measures streams only/,
    ],
    [
      'more points than anybody measures',
      text({
        points: Array.from({ length: 501 }, (_, size) => ({
          experiment: 'throughput',
          messageBytes: size + 1,
          arms: ['tcp'],
        })),
      }),
      /points/,
    ],
  ];
  for (const [name, file, words] of FAULTS) {
    it(`with ${name} is refused`, () => {
      assert.throws(() => parsePlan(file), words);
    });
  }
});

describe('the JSON schemas', () => {
  const directory = path.join(import.meta.dirname, '../../../schemas');

  it('that are contributed say what the code checks; npm run schemas writes them', async () => {
    assert.deepEqual(fs.readdirSync(directory).sort(), Object.keys(SCHEMAS).sort());
    for (const [file, schema] of Object.entries(SCHEMAS)) {
      const expected = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });
      assert.equal(fs.readFileSync(path.join(directory, file), 'utf8'), expected, file);
    }
  });

  it('belong to the files of their names', () => {
    const text = fs.readFileSync(path.join(directory, '../package.json'), 'utf8');
    const { contributes } = JSON.parse(text) as {
      contributes: { jsonValidation: { fileMatch: string; url: string }[] };
    };
    assert.deepEqual(
      contributes.jsonValidation.map(({ fileMatch, url }) => [fileMatch, path.basename(url)]),
      [
        ['*.sockmap-plan.json', 'plan.schema.json'],
        ['*.sockmap-bench.json', 'bench.schema.json'],
      ],
    );
  });
});
