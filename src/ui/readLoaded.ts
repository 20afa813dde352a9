import type { BypassStatus } from '../bypass/attachment.ts';
import { bypassStatus } from '../bypass/load.ts';
import { cgroupLabel } from '../host/cgroups.ts';
import { namesOfContainers } from '../host/containers.ts';
import type { Host } from '../host/host.ts';
import type { Labels } from './hostNodes.ts';

/**
 * Reads what is loaded on a host, and what its cgroups are called.
 * @param known names that need not be asked for again, which takes longer than all else.
 * @throws HostError as `bypassStatus`.
 */
export async function readLoaded(
  host: Host,
  known: Labels | undefined,
  signal: AbortSignal,
): Promise<{ status: BypassStatus; labels: Labels }> {
  const status = await bypassStatus(host, signal);
  const cgroups = status.attachments.flatMap((one) => [...one.cgroups, ...one.gone]);
  if (known !== undefined && cgroups.every((one) => known.has(one)))
    return { status, labels: known };
  return { status, labels: await readLabels(host, status, signal) };
}

/** Names of the cgroups of a status. */
export async function readLabels(
  host: Host,
  { attachments }: BypassStatus,
  signal: AbortSignal,
): Promise<Labels> {
  const cgroups = attachments.flatMap((one) => [...one.cgroups, ...one.gone]);
  const containers = await namesOfContainers(host, cgroups.join('\n'), { root: true, signal });
  return new Map(cgroups.map((one) => [one, cgroupLabel(one, containers) ?? ''] as const));
}
