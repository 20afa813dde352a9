import * as l10n from '@vscode/l10n';
import type { Facts } from './facts.ts';
import { familyOf, INSTALL, PACKAGES } from './packages.mjs';
import { shellLine } from './quote.ts';

export const netperfSource = (): string =>
  l10n.t('build it from {0}', 'https://github.com/HewlettPackard/netperf');

/** For a tool that is there and does not run. */
export const reinstall = (): string =>
  l10n.t('Look at the limits of the account (ulimit -a), or reinstall it.');

/** Advice about something that a host lacks. */
export interface Remedies {
  /** A command that installs what an issue names. */
  install(id: string): string | undefined;
  /** Where it is not there at all. */
  advice(id: string): string;
  /** Where it is there and does not run. */
  broken(id: string): string;
}

/**
 * Ubuntu's bpftool starts that of the running kernel's package. Kernels of others, as WSL2's, have none:
 * the newest one there then takes the place of the starter, before it on the PATH.
 */
const UBUNTU_BPFTOOL = `apt-get update
apt-get install -y "linux-tools-$(uname -r)" || apt-get install -y "linux-tools-generic-hwe-$(. /etc/os-release; echo "$VERSION_ID")" || apt-get install -y linux-tools-generic || apt-get install -y bpftool
bpftool version || ln -sf "$(ls /usr/lib/linux-tools/*/bpftool | sort -V | tail -n 1)" /usr/local/sbin/bpftool`;

const NON_FREE = '/ non-free( |$)/!s/$/ non-free/';

/** Where it takes more than a package's name; netperf's licence keeps it out of some main archives. */
const SPECIAL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ubuntu: {
    bpftool: UBUNTU_BPFTOOL,
    netperf: `apt-get update && apt-get install -y software-properties-common && add-apt-repository -y multiverse && ${INSTALL.debian} netperf`,
  },
  debian: {
    netperf: `if [ -f /etc/apt/sources.list.d/debian.sources ]; then sed -i -E '/^Components:/{${NON_FREE}}' /etc/apt/sources.list.d/debian.sources; else sed -i -E '/^deb /{${NON_FREE}}' /etc/apt/sources.list; fi && ${INSTALL.debian} netperf`,
  },
};

/** @returns undefined for a distribution that is not known. */
export function remediesFor(facts: Facts): Remedies | undefined {
  const family = familyOf(facts.distribution);
  if (family === undefined) return undefined;
  const { name, uses } = family;
  const command = (id: string): string | undefined => {
    const packages = PACKAGES[id]?.[uses];
    return SPECIAL[name]?.[id] ?? (packages && `${INSTALL[uses]} ${packages.join(' ')}`);
  };
  return {
    install: (id) => {
      const line = command(id);
      return line === undefined ? undefined : asRoot(facts, line);
    },
    advice: (id) =>
      command(id) === undefined
        ? l10n.t('This distribution has no package of {0}: {1} (2.7).', id, netperfSource())
        : l10n.t('Install the package, then check the host again.'),
    broken: (id) =>
      id === 'bpftool' && name === 'ubuntu'
        ? l10n.t(
            'Ubuntu has it in a package for each kernel: install that of this one or, where there is none, as on WSL2, the newest one, which runs on older kernels too.',
          )
        : reinstall(),
  };
}

/** A command for the person's terminal, which becomes root's where it has to. */
export const asRoot = ({ privilege }: Facts, command: string): string =>
  privilege === 'root' ? command : shellLine(['sudo', 'sh', '-c', command]);
