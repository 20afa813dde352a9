// Distributions, and what they call the packages of a host. Plain JavaScript: the set-up of a checkout reads
// it, too, before anything is installed that knows TypeScript.

/** By the ids of os-release(5), the first that fits. `uses`: whose names of packages. */
const FAMILIES = [
  { name: 'ubuntu', uses: 'debian', ids: ['ubuntu'] },
  { name: 'debian', uses: 'debian', ids: ['debian'] },
  { name: 'fedora', uses: 'fedora', ids: ['fedora', 'rhel', 'centos'] },
  { name: 'suse', uses: 'suse', ids: ['suse', 'opensuse'] },
  { name: 'arch', uses: 'arch', ids: ['arch'] },
  { name: 'alpine', uses: 'alpine', ids: ['alpine'] },
];

export const INSTALL = {
  debian: 'apt-get update && apt-get install -y',
  fedora: 'dnf install -y',
  suse: 'zypper --non-interactive install',
  arch: 'pacman -S --needed --noconfirm',
  alpine: 'apk add',
};

const LIBBPF = {
  debian: ['libbpf-dev'],
  fedora: ['libbpf-devel'],
  suse: ['libbpf-devel'],
  arch: ['libbpf'],
  alpine: ['libbpf-dev', 'linux-headers'],
};

/** By what a host lacks. A distribution that has no entry has no package of it. */
export const PACKAGES = {
  /** Packages for the machine that rolls out. */
  ansible: everywhere('ansible-core'),
  clang: everywhere('clang'),
  clangd: {
    debian: ['clangd'],
    fedora: ['clang-tools-extra'],
    suse: ['clang-tools'],
    arch: ['clang'],
    alpine: ['clang-extra-tools'],
  },
  bpftool: { ...everywhere('bpftool'), arch: ['bpf'] },
  'libbpf headers': LIBBPF,
  libbpf: LIBBPF,
  setpriv: { ...everywhere('util-linux'), alpine: ['setpriv'] },
  flock: { ...everywhere('util-linux'), alpine: ['flock'] },
  netperf: {
    debian: ['netperf'],
    fedora: ['netperf'],
    suse: ['netperf'],
    alpine: ['netperf'],
  },
};

function everywhere(name) {
  return { debian: [name], fedora: [name], suse: [name], arch: [name], alpine: [name] };
}

/** @param text os-release(5): shell-like assignments, read without a shell. */
export function parseOsRelease(text) {
  const fields = new Map(
    Array.from(
      text.matchAll(/^([A-Z_]+)=(?:"([^"\n]*)"|'([^'\n]*)'|([^"'\n]*))$/gm),
      ([, name, ...values]) => [name, values.find((value) => value !== undefined)],
    ),
  );
  return {
    id: fields.get('ID') ?? 'linux',
    like: (fields.get('ID_LIKE') ?? '').split(' ').filter((id) => id !== ''),
    name: fields.get('PRETTY_NAME') ?? fields.get('NAME') ?? 'Linux',
    codename: fields.get('UBUNTU_CODENAME') ?? fields.get('VERSION_CODENAME') ?? '',
  };
}

/** The family of a distribution, itself or one it says it is like. */
export function familyOf({ id, like }) {
  return FAMILIES.find(({ ids }) => ids.some((one) => one === id || like.includes(one)));
}
