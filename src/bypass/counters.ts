import * as z from 'zod';
import { parseJson } from '../host/json.ts';

const countersSchema = z.array(
  z.object({
    formatted: z.object({
      values: z.array(z.object({ value: z.record(z.string(), z.int().nonnegative()) })),
    }),
  }),
);

/**
 * Sums a per-CPU array of one struct of counters, whose names come from the object's BTF.
 * @param text `bpftool -j map dump`; what does not fit has no counters.
 */
export function parseCounters(text: string): Record<string, number> {
  // A map, because every object has a toString already.
  const sums = new Map<string, number>();
  for (const { formatted } of readDump(text)) {
    for (const { value } of formatted.values) {
      for (const [name, count] of Object.entries(value))
        sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  return Object.fromEntries(sums);
}

function readDump(text: string): z.infer<typeof countersSchema> {
  try {
    return countersSchema.parse(parseJson(text));
  } catch {
    return [];
  }
}
