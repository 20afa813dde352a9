import * as z from 'zod';
import type { Context } from '../context.ts';

const memorySchema = z.record(z.string(), z.looseObject({ faults: z.array(z.string()) })).catch({});

/**
 * Ids of the faults that loads have seen on hosts with this kernel, whatever the programs.
 * @returns undefined where none has looked yet.
 */
export function rememberedFaults(
  { extension }: Context,
  kernel: string,
): readonly string[] | undefined {
  const seen = Object.entries(memorySchema.parse(extension.globalState.get('socketFaults')))
    .filter(([key]) => key.startsWith(`${kernel} `))
    .flatMap(([, { faults }]) => [faults]);
  return seen.length === 0 ? undefined : Array.from(new Set(seen.flat()));
}
