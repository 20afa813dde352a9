import * as z from 'zod';

/** Most programs in a set of figures: no object has as many. */
export const MOST_PROGRAMS = 20_000;

const count = z.int().min(0).optional();

/** A `FigureSet` as it stands in a file. */
export const baselineSchema = z.object({
  schema: z.literal(1),
  file: z.string().max(4096),
  kernel: z.string().max(200).optional(),
  programs: z
    .array(
      z.object({
        name: z.string().min(1).max(500),
        verdict: z.enum(['accepted', 'rejected', 'failed']),
        instructions: count,
        processed: count,
        states: count,
        peakStates: count,
        stack: count,
        microseconds: count,
      }),
    )
    .max(MOST_PROGRAMS)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      message: 'a program appears twice',
    }),
});
