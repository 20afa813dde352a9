import { median, quantile } from 'simple-statistics';
import type { Host } from '../../src/host/host.ts';
import { makeArm, Stage, type Arm, type Sample, type Wanted } from './between.ts';
import { takeRounds } from './rounds.ts';

interface Measure {
  readonly name: string;
  readonly wanted: Wanted;
  readonly arms: readonly Arm[];
  /** Bypass against the better TCP: at most of a round trip's time, at least of a rate. */
  readonly target: number | undefined;
}

export interface TableOptions {
  readonly rounds: number;
  /** Length of one sample. */
  readonly seconds: number;
  /** Measures whose name has this text. */
  readonly only: string;
  /** transfer.c, compiled. */
  readonly program: string;
}

/**
 * Measures the bypass between two network namespaces, over veth pairs and a bridge and through a published port,
 * against TCP there; what it costs connections that it does not carry, and new ones. Prints a line for each.
 */
export async function containersTable(host: Host, options: TableOptions): Promise<void> {
  const { rounds, seconds, only, program } = options;
  const stage = await Stage.set(host, program);
  await using _namespaces = stage.namespaces;
  const tcp = await makeArm(host, 'tcp', 'none');
  const nodelay = await makeArm(host, 'tcp nodelay', 'none');
  const between = await makeArm(host, 'bypass', 'host');
  const within = await makeArm(host, 'bypass, reach namespace', 'namespace');
  const measures = measuresOf({ tcp, nodelay, between, within }).filter(({ name }) =>
    name.includes(only),
  );
  const samples = measures.reduce((sum, { arms }) => sum + arms.length, 0) * rounds;
  console.log(
    `Between two network namespaces: ${rounds} rounds, ${samples} samples of ${seconds} s. Medians; the ratio is of the bypass to the better TCP, its median and quartiles; demand is CPU time of both ends, µs a transaction or s a GB.\n`,
  );
  const titles = [
    'TCP',
    'nodelay',
    'bypass',
    'ratio',
    'target',
    'demand, TCP to bypass',
    'redirected',
  ];
  console.log(line(['', ...titles]));
  for (const measure of measures) {
    const taken = await takeRounds(measure.arms, rounds, (arm) =>
      stage.sample(arm, measure.wanted, seconds),
    );
    console.log(line([measure.name, ...cellsOf(measure, [...taken])]));
  }
}

function measuresOf(arms: Record<'tcp' | 'nodelay' | 'between' | 'within', Arm>): Measure[] {
  const { tcp, nodelay, between, within } = arms;
  const trips = (way: 'veth' | 'dnat'): Measure[] =>
    [64, 1024].flatMap((bytes) =>
      [true, false].map((oneCpu) => ({
        name: `${way}, round trip ${bytes} B, ${oneCpu ? '1 CPU' : 'CPUs free'}`,
        wanted: { kind: 'rr', bytes, way, oneCpu },
        arms: [tcp, between],
        target: oneCpu ? 0.48 : 0.8,
      })),
    );
  const streams = (way: 'veth' | 'dnat', sizes: readonly number[]): Measure[] =>
    sizes.map((bytes) => ({
      name: `${way}, one way ${bytes} B`,
      wanted: { kind: 'stream', bytes, way },
      arms: [tcp, nodelay, between],
      target: bytes === 65_536 ? 1.7 : 0.95,
    }));
  const outside = (wanted: Omit<Wanted, 'way'>, name: string): Measure => ({
    name: `outside, ${name}`,
    wanted: { ...wanted, way: 'veth', outside: true },
    arms: [tcp, between],
    target: 0.98,
  });
  return [
    ...trips('veth'),
    ...streams('veth', [64, 256, 1024, 8192, 65_536]),
    ...trips('dnat'),
    ...streams('dnat', [1024, 65_536]),
    {
      name: 'veth, connect-request-close',
      wanted: { kind: 'crr', bytes: 64, way: 'veth' },
      arms: [tcp, between],
      target: 0.97,
    },
    {
      name: 'loopback, connect-request-close',
      wanted: { kind: 'crr', bytes: 64, way: 'loopback' },
      arms: [tcp, within],
      target: 0.97,
    },
    outside({ kind: 'rr', bytes: 64, oneCpu: true }, 'round trip 64 B, 1 CPU'),
    outside({ kind: 'rr', bytes: 64 }, 'round trip 64 B, CPUs free'),
    outside({ kind: 'stream', bytes: 65_536 }, 'one way 65536 B'),
    outside({ kind: 'crr', bytes: 64 }, 'connect-request-close'),
  ];
}

type Taken = readonly (readonly [Arm, readonly Sample[]])[];

function cellsOf({ wanted, target }: Measure, taken: Taken): string[] {
  const of = (name: string) => taken.find(([arm]) => arm.name === name)?.[1] ?? [];
  const bypass = taken.at(-1)?.[1] ?? [];
  const [tcp, nodelay] = [of('tcp'), of('tcp nodelay')];
  const rates = (samples: readonly Sample[]) => samples.map(({ rate }) => rate);
  const better = [tcp, nodelay]
    .filter((samples) => samples.length > 0)
    .reduce((a, b) => (median(rates(b)) > median(rates(a)) ? b : a));
  const isTrip = wanted.kind === 'rr' && wanted.outside !== true;
  const ratios = bypass.map(({ rate }, round) => {
    const other = better[round]?.rate ?? NaN;
    return isTrip ? other / rate : rate / other;
  });
  const [low = NaN, middle = NaN, high = NaN] = quantile(ratios, [0.25, 0.5, 0.75]);
  const rate = (samples: readonly Sample[]) => {
    if (samples.length === 0) return '';
    const value = median(rates(samples));
    return wanted.kind === 'stream' ? `${value.toFixed(2)} Gbit/s` : `${value.toFixed(0)} /s`;
  };
  const demand = (samples: readonly Sample[]) =>
    median(samples.map(({ demand }) => demand)).toFixed(wanted.kind === 'stream' ? 3 : 2);
  return [
    rate(tcp),
    rate(nodelay),
    rate(bypass),
    `${isTrip ? 'time ' : ''}${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
    target === undefined ? '' : `${isTrip ? 'at most' : 'at least'} ${target}`,
    `${demand(better)} to ${demand(bypass)}`,
    `${(100 * median(bypass.map(({ redirected }) => redirected))).toFixed(0)}%`,
  ];
}

const WIDTHS = [37, 15, 15, 15, 23, 15, 23, 11];
const line = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => (at === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[at] ?? 0)))
    .join('');
