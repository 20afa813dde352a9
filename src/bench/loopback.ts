import * as l10n from '@vscode/l10n';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { newBoundary, parseSections } from '../host/sections.ts';

export type LoopbackAddress = '127.0.0.1' | '::1';

/** Facts that decide how netperf reaches its own host. */
export interface Loopback {
  readonly isUp: boolean;
  /** Those that are there, the one that netperf resolves first. */
  readonly addresses: readonly LoopbackAddress[];
  /**
   * Whether no interface has any other address. glibc's getaddrinfo, asked with AI_ADDRCONFIG as
   * netperf does, then resolves neither of the two.
   */
  readonly isAlone: boolean;
}

export async function readLoopback(host: Host, signal?: AbortSignal): Promise<Loopback> {
  const boundary = newBoundary();
  const { stdout } = await host.run(scriptArgv('bench-loopback.sh', boundary), {
    tried: l10n.t('read the addresses of the loopback device'),
    signal,
  });
  return parseLoopback(stdout, boundary);
}

/** @param text output of bench-loopback.sh. */
function parseLoopback(text: string, boundary: string): Loopback {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const read = (name: string): string => sections.get(name) ?? '';
  const ipv4 = Array.from(
    read('ipv4').matchAll(/\|-- ([\d.]+)\n(?:\s+\/.*\n)*?\s+\/32 host LOCAL/g),
    ([, address = '']) => address,
  );
  const ipv6 = Array.from(read('ipv6').matchAll(/^[0-9a-f]{32}/gm), ([address]) => address);
  const families = [
    { address: '127.0.0.1' as const, one: '127.0.0.1', there: ipv4 },
    { address: '::1' as const, one: `${'0'.repeat(31)}1`, there: ipv6 },
  ]
    .filter(({ one, there }) => there.includes(one))
    .map(({ address, one, there }) => ({ address, others: there.some((each) => each !== one) }));
  return {
    isUp: isUp(read('flags')),
    addresses: families
      .toSorted((a, b) => Number(b.others) - Number(a.others))
      .map(({ address }) => address),
    isAlone: families.every(({ others }) => !others),
  };
}

/** @param flags in the words of ip(8), or as a number, whose bit 0 is IFF_UP (netdevice(7)). */
const isUp = (flags: string): boolean =>
  /^0x[0-9a-f]+$/.test(flags)
    ? (Number(flags) & 1) === 1
    : /[<,]UP[,>]/.test(flags) || flags === '';

/**
 * @returns the address that netperf is to take.
 * @throws HostError where there is none.
 */
export function addressOf(host: Host, { isUp, addresses }: Loopback): LoopbackAddress {
  const [address] = addresses;
  if (isUp && address !== undefined) return address;
  throw new HostError({
    kind: 'not-found',
    tried: l10n.t('run the benchmark'),
    where: host.name,
    words: isUp
      ? l10n.t('the loopback device has no address, neither 127.0.0.1 nor ::1')
      : l10n.t('the loopback device is down'),
    next: l10n.t('Set it up, then run the benchmark.'),
    remedy: isUp ? 'ip address add 127.0.0.1/8 dev lo' : 'ip link set lo up',
  });
}
