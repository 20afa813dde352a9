// Which distribution this is, and how it installs packages.
import { existsSync, readFileSync } from 'node:fs';
import { familyOf, INSTALL, parseOsRelease } from '../../src/host/packages.mjs';

export function distribution(text = readOsRelease()) {
  const { id, like, name, codename } = parseOsRelease(text);
  const family = familyOf({ id, like });
  const isUbuntu = family?.name === 'ubuntu';
  return {
    name,
    family: family?.uses,
    /** Debian and Ubuntu call the component with netperf differently. */
    component: isUbuntu ? 'multiverse' : 'non-free',
    isUbuntu,
    codename,
    install: family && INSTALL[family.uses],
  };
}

function readOsRelease() {
  const place = ['/etc/os-release', '/usr/lib/os-release'].find((each) => existsSync(each));
  return place === undefined ? '' : readFileSync(place, 'utf8');
}
