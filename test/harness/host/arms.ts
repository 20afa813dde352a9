import assert from 'node:assert/strict';
import type { GuardedLimits, Reach } from '../../../src/bypass/config.ts';
import { bypassStatus, loadBypass, unloadBypass } from '../../../src/bypass/load.ts';
import type { Attachment } from '../../../src/bypass/attachment.ts';
import { Host } from '../../../src/host/host.ts';
import { run } from '../run.ts';
import { bpfSource, makeSite, type BypassSite } from './bypass.ts';

/** Where an application and its clients run: without a bypass, or with. */
export interface Arm {
  readonly name: 'tcp' | 'bypass';
  readonly cgroup: string;
}

/** A program that takes longer hangs. */
const PATIENCE_SECONDS = 100;

const JOIN = 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"';

/** The argv that runs a program as an account. */
export const asAccount = (argv: readonly string[], account?: string): readonly string[] =>
  account === undefined
    ? argv
    : ['setpriv', '--reuid', account, '--regid', account, '--init-groups', '--', ...argv];

/** The argv that runs a program in a network namespace; the cgroup comes first, for this hides its mount. */
export const entering = (netns: string, argv: readonly string[]): string[] => [
  'ip',
  'netns',
  'exec',
  netns,
  ...argv,
];

/** The argv that runs a program in the cgroup of an arm, as an account when one is named. */
export const inside = (
  arm: Pick<Arm, 'cgroup'>,
  argv: readonly string[],
  account?: string,
): string[] => ['sh', '-c', JOIN, 'sh', arm.cgroup, ...asAccount(argv, account)];

/** Runs a client in the cgroup of an arm to its end, and returns its standard output. */
export function runInside(
  arm: Arm,
  argv: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const patiently = ['timeout', '-k', '5', String(PATIENCE_SECONDS), ...argv];
  const [command = '', ...args] = inside(arm, patiently);
  return run(command, args, options);
}

/** Two test cgroups: one with the guarded bypass, loaded as a person would, and one without. */
export class Arms {
  readonly tcp: Arm;
  readonly bypass: Arm;
  readonly #host = new Host('local');
  readonly #site: BypassSite;

  constructor(label: string) {
    this.#site = makeSite(label);
    this.tcp = { name: 'tcp', cgroup: this.#site.cgroup.child('tcp') };
    this.bypass = { name: 'bypass', cgroup: this.#site.path };
  }

  async load(
    limits: GuardedLimits = {},
    reach: Reach = 'namespace',
    defines: Readonly<Record<string, number>> = {},
  ) {
    const source = { ...(await bpfSource('guarded')), defines };
    return loadBypass(this.#host, { cgroup: this.bypass.cgroup, source, limits, reach });
  }

  async unload(): Promise<void> {
    await unloadBypass(this.#host, this.bypass.cgroup);
  }

  /** The bypass, as the product's status has it. */
  async status(): Promise<Attachment> {
    const { attachments } = await bypassStatus(this.#host);
    const ours = attachments.find(({ cgroup }) => cgroup === this.bypass.cgroup);
    assert.ok(ours, 'the bypass is loaded');
    return ours;
  }

  async redirectedBytes(): Promise<number> {
    return (await this.status()).counters['redirected_bytes'] ?? 0;
  }

  /**
   * Has the same work done over TCP and over the bypass, and expects the same outcome.
   * @param leastBytes that must have gone over the bypass, or the comparison proves nothing.
   */
  async compare<T>(leastBytes: number, work: (arm: Arm) => Promise<T>): Promise<T> {
    const overTcp = await work(this.tcp);
    const before = await this.redirectedBytes();
    const overBypass = await work(this.bypass);
    const { counters } = await this.status();
    assert.deepEqual(overBypass, overTcp);
    const redirected = (counters['redirected_bytes'] ?? 0) - before;
    assert.ok(
      redirected >= leastBytes,
      `${redirected} bytes were redirected, not ${leastBytes}: ${JSON.stringify(counters)}`,
    );
    return overTcp;
  }

  async remove(): Promise<void> {
    await this.#site.remove();
    await this.#host.dispose();
  }
}
