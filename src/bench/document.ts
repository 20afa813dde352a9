import * as z from 'zod';

/** What is measured: a one-way stream, or one outstanding request and its response. */
export const experimentSchema = z.enum(['throughput', 'latency']);
export type Experiment = z.infer<typeof experimentSchema>;

/** The competitors. Order is the order of legends and tables. */
export const armSchema = z.enum(['tcp', 'tcp-nodelay', 'bypass', 'bypass-classic', 'unix']);
export type Arm = z.infer<typeof armSchema>;
export const ARMS = armSchema.options;

const bytes = z.int().positive();
const seconds = z.number().positive();

/** One place of the plan: an experiment at one size, measured for every arm. */
const throughputPoint = z.strictObject({
  experiment: z.literal('throughput'),
  messageBytes: bytes,
  arms: z.array(armSchema).min(1),
});
const latencyPoint = z.strictObject({
  experiment: z.literal('latency'),
  requestBytes: bytes,
  responseBytes: bytes,
  arms: z.array(armSchema).min(1),
});
export const pointSchema = z.discriminatedUnion('experiment', [throughputPoint, latencyPoint]);
export type Point = z.infer<typeof pointSchema>;

export const planSchema = z.strictObject({
  name: z.string().min(1),
  points: z.array(pointSchema).min(1),
  /** Length of one sample. */
  secondsPerSample: seconds.max(3600),
  /** How many samples each arm of each point gets. */
  repetitions: z.int().positive().max(1000),
});
export type Plan = z.infer<typeof planSchema>;

const latencyUs = z.object({
  mean: z.number().nonnegative(),
  stddev: z.number().nonnegative(),
  p50: z.number().nonnegative(),
  p90: z.number().nonnegative(),
  p99: z.number().nonnegative(),
});

const sampleCommon = {
  arm: armSchema,
  /** 0-based round of the whole plan this sample belongs to. */
  repetition: z.int().nonnegative(),
  /** 0-based position in which the samples were taken. */
  order: z.int().nonnegative(),
  startedAt: z.iso.datetime(),
  /** Length the tool itself reports, not the one asked for. */
  seconds,
  /** Share of the host's CPU time in percent, 0 to 100, as netperf reports it. */
  cpu: z.object({ client: z.number().nonnegative(), server: z.number().nonnegative() }).optional(),
  /** What the BPF programs did during the sample; absent where no program is attached. */
  bpf: z
    .object({
      runs: z.int().nonnegative().optional(),
      nanoseconds: z.int().nonnegative().optional(),
      redirectedBytes: z.int().nonnegative(),
    })
    .optional(),
  /** Bytes the loopback device sent during the sample: the outside proof of what was bypassed. */
  loopbackBytes: z.int().nonnegative().optional(),
};

export const throughputSampleSchema = z.object({
  experiment: z.literal('throughput'),
  messageBytes: bytes,
  /** Measured at the receiver: the sender's count runs ahead where nothing pushes back. */
  throughputBitsPerSecond: z.number().nonnegative(),
  ...sampleCommon,
});
export const latencySampleSchema = z.object({
  experiment: z.literal('latency'),
  requestBytes: bytes,
  responseBytes: bytes,
  transactionsPerSecond: z.number().nonnegative(),
  latencyUs,
  ...sampleCommon,
});
export const sampleSchema = z.discriminatedUnion('experiment', [
  throughputSampleSchema,
  latencySampleSchema,
]);
export type Sample = z.infer<typeof sampleSchema>;
export type ThroughputSample = z.infer<typeof throughputSampleSchema>;
export type LatencySample = z.infer<typeof latencySampleSchema>;

/** Facts that make a result comparable months later. Unknown keys are kept. */
export const documentHostSchema = z.looseObject({
  name: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  distribution: z.string(),
  cpus: z.int().positive(),
  netperf: z.string(),
});

/**
 * A benchmark run, `*.sockmap-bench.json`. It is written anew after every sample, so a document
 * without `finishedAt` is a run under way or one that was cut off.
 */
export const documentSchema = z.object({
  schema: z.literal(1),
  id: z.uuid(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  host: documentHostSchema,
  cgroup: z.string(),
  programs: z.object({
    policy: z.enum(['guarded', 'classic']),
    tags: z.record(z.string(), z.string()),
  }),
  plan: planSchema,
  samples: z.array(sampleSchema),
});
export type ResultDocument = z.infer<typeof documentSchema>;

/**
 * Reads a result document from hostile text.
 * @throws Error naming the first fault and its place in the document.
 */
export function parseDocument(text: string): ResultDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) throw new Error(`not a sockmap benchmark: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
