import * as z from 'zod';
import { armSchema, ARMS } from './armSchema.ts';

/** Shown in tables and charts, and part of keys: one line, and not long. */
export const workloadName = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^\p{C}]+$/u, 'must be one line without control characters');

const argv = z
  .array(
    z
      .string()
      .max(8192)
      .regex(/^[^\0]*$/, 'must not contain a NUL'),
  )
  .min(1)
  .max(200);

const WORDS =
  'An array of words, run without a shell. {address}, {port}, {dir} and {seconds} in them stand for the server’s address, a free port, a private directory, which is also the working directory, and secondsPerSample.';

const commands = {
  server: argv
    .optional()
    .describe(
      `Started anew before each sample: connections of before the bypass stay on TCP. The client waits until it listens. ${WORDS}`,
    ),
  client: argv.describe(`Run once a sample; its output has the metric. ${WORDS}`),
};

/** Where a value is in the output of a client. */
export const metricSchema = z
  .strictObject({
    name: z.string().min(1).max(40).default('value').describe('Its name in the result document.'),
    jsonPath: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe('The output is JSON: the value at this path (RFC 9535), $.end.sum.rate.'),
    pattern: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'A JavaScript regular expression whose first group is the value; ^ and $ are the ends of a line. The last match counts.',
      ),
    csvColumn: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The output is CSV with a header line: the value of this column, in the last row.'),
    scale: z
      .number()
      .positive()
      .min(1e-12)
      .max(1e12)
      .optional()
      .describe('The value is multiplied by it: 1e-9 makes Gbit of bits.'),
  })
  .refine(
    ({ jsonPath, pattern, csvColumn }) =>
      [jsonPath, pattern, csvColumn].filter((way) => way !== undefined).length === 1,
    { message: 'takes exactly one of jsonPath, pattern and csvColumn' },
  );
export type Metric = z.infer<typeof metricSchema>;

export const workloadSchema = z
  .strictObject({
    name: workloadName.describe('What charts and tables call it.'),
    arms: z
      .array(armSchema.exclude(['tcp-nodelay']))
      .min(1)
      .max(ARMS.length)
      .default(['tcp', 'bypass'])
      .describe('Competitors; tcp and bypass by default. unix needs the commands of that name.')
      .meta({ uniqueItems: true }),
    user: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/, 'must be the name of an account')
      .optional()
      .describe(
        'The account its commands run as. Without it the one of the login, or nobody where that is root; root only if it says so here.',
      ),
    prepare: argv.optional().describe(`Run before each start of the server. ${WORDS}`),
    ...commands,
    report: argv
      .optional()
      .describe(
        `Run after the client, outside of what is measured: the percentiles in its output are the sample's. For clients that write the time of each request to a file. ${WORDS}`,
      ),
    stop: argv
      .optional()
      .describe(`Run after the sample. What still runs then is ended in any case. ${WORDS}`),
    unix: z
      .strictObject(commands)
      .optional()
      .describe('The commands of the arm unix, for example with a socket below {dir}.'),
    metric: metricSchema,
    unit: z
      .string()
      .min(1)
      .max(30)
      .regex(/^[^\p{C}]+$/u)
      .describe('Of the metric: requests/s, ms.'),
    higherIsBetter: z.boolean().describe('true of a throughput, false of a latency.'),
    openLoop: z
      .boolean()
      .optional()
      .describe(
        'Whether the client sends at a rate that is given, whatever the answers take, and counts from when it was to send (wrk2). Without it percentiles are shown with the caution that they hide waiting.',
      ),
    warmup: z
      .int()
      .min(0)
      .max(3600)
      .default(1)
      .describe(
        'The client is run before each sample, with this many {seconds}, and its output dropped; 1 by default, 0 for none.',
      ),
    limits: z
      .strictObject({
        seconds: z
          .int()
          .positive()
          .max(7200)
          .optional()
          .describe('Each command has to end in; secondsPerSample and 60 more by default.'),
        memoryMiB: z
          .int()
          .positive()
          .max(1 << 24)
          .optional()
          .describe('Address space of each of its processes; none by default.'),
        outputKiB: z
          .int()
          .positive()
          .max(16 * 1024)
          .optional()
          .describe('Of the client’s output; 1024 by default.'),
      })
      .optional(),
  })
  .refine(({ arms, unix }) => !arms.includes('unix') || unix !== undefined, {
    path: ['unix'],
    message: 'the arm unix needs commands of its own',
  });
export type Workload = z.infer<typeof workloadSchema>;
