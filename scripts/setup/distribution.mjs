// Which distribution this is, and how it installs packages.
import { existsSync, readFileSync } from 'node:fs';

const INSTALL = {
  debian: 'apt-get install',
  fedora: 'dnf install',
  suse: 'zypper install',
  arch: 'pacman -S',
  alpine: 'apk add',
};

export function distribution(text = readOsRelease()) {
  const fields = Object.fromEntries(
    text
      .split('\n')
      .map((line) => /^(\w+)="?(.*?)"?$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, value]) => [name, value]),
  );
  const names = `${fields.ID ?? ''} ${fields.ID_LIKE ?? ''}`.split(/\s+/);
  const family =
    ['debian', 'fedora', 'suse', 'arch', 'alpine'].find((each) =>
      names.some((name) => name === each || name.startsWith(each)),
    ) ??
    (names.includes('ubuntu') ? 'debian' : undefined) ??
    (names.includes('rhel') ? 'fedora' : undefined) ??
    (names.some((name) => name.includes('suse')) ? 'suse' : undefined);
  return {
    name: fields.PRETTY_NAME ?? 'this system',
    family,
    /** Debian and Ubuntu call the component with netperf differently. */
    component: names.includes('ubuntu') ? 'multiverse' : 'non-free',
    isUbuntu: names.includes('ubuntu'),
    codename: fields.UBUNTU_CODENAME ?? fields.VERSION_CODENAME ?? '',
    install: family === undefined ? undefined : INSTALL[family],
  };
}

function readOsRelease() {
  const place = ['/etc/os-release', '/usr/lib/os-release'].find((each) => existsSync(each));
  return place === undefined ? '' : readFileSync(place, 'utf8');
}
