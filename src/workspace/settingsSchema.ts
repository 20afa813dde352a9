import path from 'node:path';
import * as z from 'zod';
import { isNetwork } from '../bypass/config.ts';
import { isPlainPath } from '../host/plainPath.ts';

const isDirectory = (one: string): boolean =>
  one.startsWith('/') ||
  path.posix.normalize(one) === '.' ||
  isPlainPath(path.posix.normalize(one));

/** Sections of the settings whose values are checked; package.json declares the same. */
export const SECTIONS = {
  guarded: z.object({
    localNetworks: z.array(z.string().refine(isNetwork, 'not an address or a network')),
    queueBoundMiB: z.number().min(1).max(1024),
    oneWayLimit: z.int().min(1).max(1_000_000),
    maxSockets: z.int().min(16).max(10_000_000),
  }),
  verify: z.object({
    /** Relative to the workspace folder, or absolute on the host. */
    include: z.array(
      z
        .string()
        .refine(isDirectory, 'neither below the workspace folder nor absolute, on the host'),
    ),
    defines: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'not the name of a macro'), z.int()),
  }),
};
