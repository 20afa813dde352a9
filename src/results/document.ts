import * as z from 'zod';
import { armSchema, ARMS, type Arm } from './armSchema.ts';
import { parseFile } from './parseFile.ts';
import { pointsOf, sizeKey, type Size, type WorkloadSize } from './sizes.ts';
import { workloadName, workloadSchema, type Workload } from './workloadSchema.ts';

export { armSchema, ARMS };
export type { Arm, Workload };

const bytes = z.int().positive();
/** Size of one message: netperf's own limit is the host's memory; more measures nothing else. */
export const MOST_BYTES = 1 << 30;
const planBytes = bytes.max(MOST_BYTES);
const arms = z.array(armSchema).min(1).max(ARMS.length).meta({
  description:
    'Competitors: TCP, TCP without Nagle, the guarded and the classic bypass, and, for streams, Unix sockets where netperf has them.',
  uniqueItems: true,
});
/** Limits of a plan, and of a document that is drawn, which may be hostile. */
const MOST_POINTS = 500;
const MOST_SAMPLES = 50_000;
/** Each is a place of its own in a chart. */
const MOST_WORKLOADS = 24;
/** Each is a line of its own in the charts, with room for every response size. */
const MOST_REQUESTS = 32;

function areDrawable(sizes: readonly Size[]): boolean {
  return (['latency', 'connections'] as const).every((experiment) => {
    const trips = sizes.flatMap((at) =>
      at.experiment === experiment && 'requestBytes' in at ? [at] : [],
    );
    const requests = new Set(trips.map(({ requestBytes }) => requestBytes)).size;
    const responses = new Set(trips.map(({ responseBytes }) => responseBytes)).size;
    return requests <= MOST_REQUESTS && requests * responses <= MOST_POINTS;
  });
}
const UNDRAWABLE = `more than ${MOST_REQUESTS} different request sizes, or ${MOST_POINTS} pairs of one with a response size`;

/** One place of the plan: an experiment at one size, measured for every arm. */
const throughputPoint = z.strictObject({
  experiment: z.literal('throughput'),
  messageBytes: planBytes.describe('Bytes of each send call.'),
  arms,
});
const latencyPoint = z.strictObject({
  experiment: z.literal('latency'),
  requestBytes: planBytes,
  responseBytes: planBytes,
  arms,
});
/** Short connections: each is opened, carries one request and its response, and is closed. */
const connectionsPoint = latencyPoint.extend({ experiment: z.literal('connections') });
const pointSchema = z.discriminatedUnion('experiment', [
  throughputPoint,
  latencyPoint,
  connectionsPoint,
]);
export type NetperfPoint = z.infer<typeof pointSchema>;
/** A place of the plan that netperf measures, or one of its workloads. */
export type Point = NetperfPoint | (WorkloadSize & { readonly arms: Arm[] });

/** Where the two ends of a connection that is measured are. */
export const topologySchema = z.enum(['loopback', 'namespaces']);
export type Topology = z.infer<typeof topologySchema>;

export const planSchema = z
  .strictObject({
    name: z.string().min(1).describe('What people call it.'),
    description: z.string().max(2000).optional().describe('A comment for whoever reads the plan.'),
    points: z
      .array(pointSchema)
      .max(MOST_POINTS)
      .default([])
      .describe('What is measured with netperf, each by every arm it names.'),
    workloads: z
      .array(workloadSchema)
      .max(MOST_WORKLOADS)
      .optional()
      .describe('What is measured with programs of your own, each by every arm it names.'),
    topology: topologySchema
      .optional()
      .describe(
        'Where the two ends are. "loopback", the default: in one network namespace. "namespaces": in two that the run makes, joined by veth pairs and a bridge as those of containers are, with the guarded bypass at reach host.',
      ),
    // netperf reads its -l as a whole number: 0.5 would be 0, a sample without end.
    secondsPerSample: z
      .int()
      .positive()
      .max(3600)
      .describe('Length of one sample, in whole seconds.'),
    repetitions: z
      .int()
      .positive()
      .max(1000)
      .describe('Samples each arm of a point gets: at most with targetInterval, else exactly.'),
    minRepetitions: z
      .int()
      .positive()
      .max(1000)
      .optional()
      .describe('Samples each arm gets before targetInterval may end the run; default 6.'),
    targetInterval: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe(
        'The run ends when the ratio of each arm to TCP is known this well at every point: half the width of its 95% interval, as a part of the ratio. 0.05: it lies within 5% of what is shown.',
      ),
    bpfTime: z
      .boolean()
      .optional()
      .describe(
        'Also measure the run time of the BPF programs, in further samples of the bypass arms at each throughput point. As that costs time itself, these samples are not compared with others.',
      ),
  })
  .refine(({ minRepetitions = 1, repetitions }) => minRepetitions <= repetitions, {
    path: ['minRepetitions'],
    message: 'must not be more than repetitions',
  })
  .refine((plan) => pointsOf(plan).length > 0, {
    path: ['points'],
    message: 'nothing is measured: neither a point nor a workload is there',
  })
  .refine(({ points }) => areDrawable(points), { path: ['points'], message: UNDRAWABLE })
  .refine(
    ({ repetitions, ...plan }) =>
      pointsOf(plan).reduce((sum, { arms }) => sum + arms.length, 0) * repetitions <= MOST_SAMPLES,
    { path: ['repetitions'], message: `more than ${MOST_SAMPLES} samples in all` },
  );
export type Plan = z.infer<typeof planSchema>;

/**
 * Measured values are within the range of real machines. Beyond it ratios, and their texts, would
 * no longer be numbers.
 */
const figure = z
  .number()
  .nonnegative()
  .max(1e15)
  .refine((value) => value === 0 || value >= 1e-9, { message: 'too small to be measured' });

const latencyUs = z.object({
  mean: figure,
  stddev: figure,
  p50: figure,
  p90: figure,
  p99: figure,
});

const sampleCommon = {
  arm: armSchema,
  /** 0-based round of the whole plan this sample belongs to. */
  repetition: z.int().nonnegative(),
  /** 0-based position in which the samples were taken. */
  order: z.int().nonnegative(),
  startedAt: z.iso.datetime(),
  /** Length the tool itself reports, not the one asked for. */
  seconds: z.number().min(1e-6).max(1e6),
  /** Share of the host's CPU time in percent, 0 to 100, as netperf reports it. */
  cpu: z.object({ client: figure, server: figure }).optional(),
  /**
   * netperf's service demand, CPU time for the work done: µs per KB (1024 bytes) of a stream, µs
   * per transaction of round trips. On one host each side's counts the CPU time of both.
   */
  serviceDemand: z.object({ client: figure, server: figure }).optional(),
  /** Counts of the BPF programs during the sample; absent where no program is attached. */
  bpf: z
    .object({
      /** Both programs together. With `nanoseconds`: a sample for that alone, see `isCompared`. */
      runs: z.int().nonnegative().optional(),
      nanoseconds: z.int().nonnegative().optional(),
      redirectedBytes: z.int().nonnegative(),
      redirectedMessages: z.int().nonnegative().optional(),
      /** Messages it carried in the moment before, when netperf did not run: those of others. */
      otherMessages: z.int().nonnegative().optional(),
      /** All that the programs counted (bpf/README.md), as far as it is not 0. */
      counters: z.record(z.string(), z.int().nonnegative()).optional(),
    })
    .optional(),
  /** Other activity: CPU time the hypervisor took, in percent; the load of the last minute. */
  noise: z.object({ stealPercent: figure, load1: figure }).optional(),
  /**
   * Bytes that the loopback device, or the devices of both namespaces, sent during the sample: an
   * independent measure of what was not bypassed.
   */
  loopbackBytes: z.int().nonnegative().optional(),
};

const throughputSampleSchema = z.object({
  experiment: z.literal('throughput'),
  messageBytes: bytes,
  /** Measured at the receiver: the sender's count runs ahead where nothing pushes back. */
  throughputBitsPerSecond: figure,
  ...sampleCommon,
});
const latencySampleSchema = z.object({
  experiment: z.literal('latency'),
  requestBytes: bytes,
  responseBytes: bytes,
  transactionsPerSecond: figure,
  latencyUs,
  ...sampleCommon,
});
const connectionsSampleSchema = latencySampleSchema.extend({
  experiment: z.literal('connections'),
});
const workloadSampleSchema = z
  .object({
    experiment: z.literal('workload'),
    workload: workloadName,
    /** Values that the client's output has, by name. */
    metrics: z.record(z.string(), figure),
    /** Which of them is compared; its unit, and direction. */
    metric: z.string(),
    unit: z.string().max(30),
    higherIsBetter: z.boolean(),
    /** Percentiles that the client itself reports: percent, 0 to 100, and µs; ascending. */
    percentiles: z
      .array(z.tuple([z.number().gt(0).lt(100), figure]))
      .max(100)
      .optional(),
    /** CPU time of its cgroup, of client and server together. */
    cpuSeconds: figure.optional(),
    /** Largest resident sizes of its server's processes, added up: what they share counts for each. */
    peakMemoryBytes: z.int().nonnegative().optional(),
    ...sampleCommon,
  })
  .refine(({ metric, metrics }) => Object.hasOwn(metrics, metric), {
    path: ['metrics'],
    message: 'the metric that is compared is missing',
  });
export const sampleSchema = z.discriminatedUnion('experiment', [
  throughputSampleSchema,
  latencySampleSchema,
  connectionsSampleSchema,
  workloadSampleSchema,
]);
export type Sample = z.infer<typeof sampleSchema>;
export type ThroughputSample = z.infer<typeof throughputSampleSchema>;
export type LatencySample = z.infer<typeof latencySampleSchema>;
export type ConnectionsSample = z.infer<typeof connectionsSampleSchema>;
export type WorkloadSample = z.infer<typeof workloadSampleSchema>;

/** Facts that make a result comparable months later. Unknown keys are kept. */
const documentHostSchema = z.looseObject({
  name: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  distribution: z.string(),
  cpus: z.int().positive(),
  netperf: z.string(),
  /** cpufreq's governor, where the host has a say over its clock. */
  governor: z.string().optional(),
  /** Whether the clock may go beyond its nominal rate. */
  turbo: z.boolean().optional(),
  /** Whether it is a virtual machine. */
  virtual: z.boolean().optional(),
  cpuModel: z.string().optional(),
  /** A hash of the machine's id: many hosts go by one name, such as `local`. */
  machine: z.string().optional(),
});

/** Limits of the guarded policy (bypass/config.ts says which values a host takes). */
const limitsSchema = z.object({
  localNetworks: z.array(z.string()).readonly().optional(),
  /** Bytes. */
  queueBound: z.number().positive().optional(),
  oneWayLimit: z.int().positive().optional(),
  maxSockets: z.int().positive().optional(),
});

/** Whatever a person has written about a run. */
export const annotationSchema = z.object({
  name: z.string().max(100).optional().describe('What people call the run.'),
  notes: z.string().max(2000).optional(),
  tags: z.array(z.string().min(1).max(40)).max(20).optional(),
});
export type Annotation = z.infer<typeof annotationSchema>;

/**
 * A benchmark run, `*.sockmap-bench.json`. It is written anew after every sample, so a document
 * without `finishedAt` is a run under way or one that was cut off.
 */
export const documentSchema = z
  .object({
    schema: z.literal(1),
    id: z.uuid(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
    /** When the run was taken up again after it had been cut off. */
    resumedAt: z.array(z.iso.datetime()).optional(),
    /** When, and how, the run ended before its time; one whose machine died does not say. */
    stopped: z.object({ at: z.iso.datetime(), why: z.enum(['cancelled', 'failed']) }).optional(),
    /** The `id` of the saved run this one was compared with. */
    baselineId: z.uuid().optional(),
    host: documentHostSchema,
    cgroup: z.string(),
    programs: z.object({
      /** The policy that served the cgroup when the run began. */
      policy: z.enum(['guarded', 'classic']),
      /** By program; of a policy the run loaded for itself `POLICY/PROGRAM`. */
      tags: z.record(z.string(), z.string()),
      /**
       * For a guarded policy: whether it paired sockets within each network namespace alone, or of all of
       * the host. Absent in documents of earlier versions.
       */
      reach: z.enum(['namespace', 'host']).optional(),
    }),
    /** For a guarded policy that the run loaded for itself; absent where it loaded none. */
    limits: limitsSchema.optional(),
    plan: planSchema,
    /** One that is at fault is none: the run can be read all the same. */
    annotation: annotationSchema.optional().catch(undefined),
    samples: z.array(sampleSchema),
  })
  .refine(({ plan, samples }) => areDrawable([...plan.points, ...samples]), {
    path: ['samples'],
    message: UNDRAWABLE,
  })
  .refine(
    ({ plan, samples }) =>
      new Set([...pointsOf(plan), ...samples].map(sizeKey)).size <= MOST_POINTS,
    { path: ['samples'], message: `more than ${MOST_POINTS} different sizes` },
  );
export type ResultDocument = z.infer<typeof documentSchema>;
export type Reach = NonNullable<ResultDocument['programs']['reach']>;

/**
 * Reads a result document from hostile text.
 * @throws Error naming the first fault and its place in the document.
 */
export const parseDocument = (text: string): ResultDocument =>
  parseFile(text, documentSchema, 'a sockmap benchmark');
