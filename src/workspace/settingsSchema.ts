import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { BUILD_LIMIT_RANGES } from '../bypass/compilerLimits.ts';
import { prefixFault } from '../bypass/libbpf.ts';
import { isNetwork, REACHES, LIMIT_RANGES } from '../bypass/config.ts';

const within = <T extends z.ZodNumber>(schema: T, [least, most]: readonly [number, number]): T =>
  schema.min(least).max(most);

const TEXT = z.string();

/** The first choice on each host; package.json declares the same. */
export const HOSTS = z.record(
  z.string(),
  z.strictObject({ cgroup: TEXT.optional(), plan: TEXT.optional() }),
);

/** Sections of the settings whose values are checked; package.json declares the same. */
export const SECTIONS = {
  guarded: z.object({
    /** `ask`: a person is asked where there is something to choose; else it is `namespace`. */
    reach: z.enum(['ask', ...REACHES]),
    localNetworks: z.array(
      z.string().refine(isNetwork, { error: () => l10n.t('not an address or a network') }),
    ),
    queueBoundMiB: within(z.number(), LIMIT_RANGES.queueBoundMiB),
    oneWayLimit: within(z.int(), LIMIT_RANGES.oneWayLimit),
    maxSockets: within(z.int(), LIMIT_RANGES.maxSockets),
  }),
  verify: z.object({
    /** Relative to the workspace folder, or absolute on the host; others are left out. */
    include: z.array(z.string()),
    /** Words of a compiler's command, by a pattern of the sources they are for. */
    flags: z.record(z.string(), z.array(z.string())),
    /** Paths of sources, by a pattern of those that they are linked with. */
    link: z.record(z.string(), z.array(z.string())),
    defines: z.record(
      z.string().regex(/^[A-Za-z_]\w*$/, { error: () => l10n.t('not the name of a macro') }),
      z.int(),
    ),
    /** A prefix on the host. */
    libbpf: z.string().refine((prefix) => prefix === '' || prefixFault(prefix) === undefined, {
      error: () => prefixFault(''),
    }),
  }),
  'verify.limits': z.object({
    compileSeconds: within(z.int(), BUILD_LIMIT_RANGES.compileSeconds),
    memoryMiB: within(z.int(), BUILD_LIMIT_RANGES.memoryMiB),
    verifySeconds: within(z.int(), BUILD_LIMIT_RANGES.verifySeconds),
  }),
};
