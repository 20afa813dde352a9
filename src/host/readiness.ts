import * as l10n from '@vscode/l10n';
import { HostError } from './errors.ts';
import { collectFacts, type Facts } from './facts.ts';
import { blocking, hostIssues, type Capability } from './issues.ts';
import type { Runner } from './run.ts';

/** The use a host is wanted for. `control`: to see, change and take away what is loaded. */
export type Purpose = Capability | 'control';

/** A host that is ready, with its facts and where its cgroup v2 tree is mounted. */
export interface Ready {
  readonly facts: Facts;
  readonly mount: string;
}

/** Facts change rarely: one look serves the commands that follow each other. */
const FRESH_MS = 60_000;

/** Knows the facts of a host, and whether it will do. */
export class Readiness {
  #known: { readonly facts: Facts; readonly at: number } | undefined;

  /** @throws HostError of kind `not-found` with the first thing that is in the way. */
  async check(host: Runner, purpose: Purpose, signal?: AbortSignal): Promise<Ready> {
    const facts = await this.#facts(host, purpose, signal);
    const mount = facts.cgroupMount;
    const worst = firstBlocking(facts, purpose);
    if (worst === undefined && mount !== undefined) return { facts, mount };
    const {
      wrong = l10n.t('cgroup v2 is not mounted.'),
      next = l10n.t('Check the host.'),
      remedy,
    } = worst ?? {};
    throw new HostError({
      kind: 'not-found',
      tried: purpose === 'benchmark' ? l10n.t('run the benchmark') : l10n.t('use the bypass'),
      where: host.name,
      words: wrong,
      next,
      ...(remedy !== undefined && { remedy }),
    });
  }

  forget(): void {
    this.#known = undefined;
  }

  /** Known facts serve unless they are in the way: what was missing may be there by now. */
  async #facts(host: Runner, purpose: Purpose, signal?: AbortSignal): Promise<Facts> {
    const known = this.#known;
    const isFresh = known !== undefined && performance.now() - known.at < FRESH_MS;
    if (isFresh && firstBlocking(known.facts, purpose) === undefined) return known.facts;
    const facts = await collectFacts(host, { root: true, signal });
    this.#known = { facts, at: performance.now() };
    return facts;
  }
}

const firstBlocking = (facts: Facts, purpose: Purpose) =>
  purpose === 'control' ? undefined : blocking(hostIssues(facts), purpose)[0];
