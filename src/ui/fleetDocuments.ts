import { stat } from 'node:fs/promises';
import { readDocument } from '../bench/store.ts';
import type { ResultDocument } from '../results/document.ts';
import { fleetResult } from '../results/fleet/latest.ts';
import type { FleetResult } from '../results/fleet/protocol.ts';
import type { ResultNode } from './resultNodes.ts';

/** The latest result of a host. */
export interface LatestRun {
  readonly file: string;
  readonly document: ResultDocument;
  readonly result: FleetResult;
}

/** Result documents of hosts, read again only where their files have changed. */
export class FleetDocuments {
  readonly #known = new Map<string, { readonly stamp: string; readonly run: LatestRun }>();

  /** @returns by host; those that cannot be read, or are no results, are left out. */
  async read(newest: ReadonlyMap<string, ResultNode>): Promise<Map<string, LatestRun>> {
    const found = new Map<string, LatestRun>();
    for (const [host, { file }] of newest) {
      const run = await this.#one(file).catch(() => undefined);
      if (run !== undefined) found.set(host, run);
    }
    return found;
  }

  async #one(file: string): Promise<LatestRun> {
    const { mtimeMs, size } = await stat(file);
    const stamp = `${mtimeMs} ${size}`;
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return known.run;
    const document = await readDocument(file);
    const run = { file, document, result: fleetResult(document) };
    this.#known.set(file, { stamp, run });
    return run;
  }
}
