import type { App } from '../app.ts';
import { fleetOf, type Fleet } from '../results/fleet/fleet.ts';
import { FleetDocuments } from '../ui/fleetDocuments.ts';

/** Open fleet page: the hosts that were used, what is loaded on each, and what the bypass gains over all. */
export async function fleet(app: App): Promise<Fleet['places']> {
  await app.fleetPages.open();
  const runs = await new FleetDocuments().read(await app.results.newest());
  return fleetOf(Array.from(runs.values(), ({ document }) => document)).places;
}
