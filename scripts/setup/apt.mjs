// Installing on Debian and Ubuntu.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { withComponent } from './sources.mjs';
import { ask, findCommand, rootStep, say } from './shell.mjs';

const LOCK_SECONDS = 300;
const QUIET = { DEBIAN_FRONTEND: 'noninteractive' };
/** Packages whose services listen to the network as soon as they are installed. */
const SERVICES = {
  'openssh-server': ['ssh.service', 'ssh.socket'],
  netperf: ['netperf.service'],
  'redis-server': ['redis-server.service'],
  'nginx-common': ['nginx.service'],
  'postgresql-common': ['postgresql.service'],
  memcached: ['memcached.service'],
  'etcd-server': ['etcd.service'],
  prometheus: ['prometheus.service'],
  'prometheus-node-exporter': ['prometheus-node-exporter.service'],
};

/** Installs the tools as the table names them; `special` is done by the recipes below. */
export async function installWithApt(tools, system, { browserFallback }) {
  const names = tools.map((each) => each.name);
  await withoutServices(async () => {
    await update();
    const packages = tools.flatMap((each) => each.packages.debian);
    if (names.includes('bpftool')) packages.push(...bpftoolPackages());
    // Ubuntu has Chromium only as a snap, which neither runs for root nor in containers.
    const browser = system.isUbuntu
      ? undefined
      : ['chromium-headless-shell', 'chromium'].find(hasCandidate);
    const wantsBrowser = names.includes('chromium');
    if (wantsBrowser && browser !== undefined) packages.push(browser);
    if (packages.length > 0) await install([...new Set(packages)]);
    if (names.includes('bpftool')) await linkBpftool();
    if (names.includes('netperf')) await installNetperf(system);
    if (wantsBrowser && browser === undefined) await browserFallback();
  });
}

function aptGet(label, args) {
  const options = ['-q', '-y', '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`];
  return rootStep(label, 'apt-get', [...options, ...args], { env: QUIET });
}

async function update(args = []) {
  // The time-out of apt's own does not cover the lock of the package lists.
  for (const end = Date.now() + LOCK_SECONDS * 1000; ;) {
    try {
      return await aptGet('reading the package lists', [...args, 'update']);
    } catch (error) {
      // apt's exit status is the same for whatever fails.
      if (!String(error).includes('Could not get lock') || Date.now() > end) throw error;
      say('another program is using apt, waiting …');
      await delay(5000);
    }
  }
}

function install(packages, args = []) {
  const label = `installing ${packages.join(', ')}`;
  return aptGet(label, [...args, 'install', '--no-install-recommends', ...packages]);
}

function hasCandidate(name) {
  return /Candidate: (?!\(none\))\S/.test(ask('apt-cache', ['policy', name]) ?? '');
}

/** Ubuntu up to 24.04 has bpftool among the tools of a kernel version. */
function bpftoolPackages() {
  if (hasCandidate('bpftool')) return ['bpftool'];
  const exact = `linux-tools-${os.release()}`;
  const names = ['linux-tools-common', 'linux-tools-generic'];
  return hasCandidate(exact) ? [...names, exact] : names;
}

/** Its wrapper gives up when the kernel's own version is not packaged; any newer bpftool will do. */
async function linkBpftool() {
  if (ask('bpftool', ['version']) !== undefined) return;
  const places = ['/usr/lib/linux-tools', '/usr/lib'].filter((place) => existsSync(place));
  const found = places
    .flatMap((place) => readdirSync(place).map((name) => path.join(place, name, 'bpftool')))
    .filter((each) => existsSync(each))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
  if (found === undefined) {
    throw new Error('There is no bpftool package that fits; put bpftool 7.1 or newer on the PATH.');
  }
  const link = '/usr/local/sbin/bpftool';
  await rootStep(`linking ${link} to ${found}`, 'ln', ['-sf', found, link]);
}

/**
 * netperf is in a component that is not switched on by default. The system's own list stays as it is:
 * a private copy of it, with that component, serves this one installation.
 */
async function installNetperf(system) {
  if (hasCandidate('netperf')) {
    await install(['netperf']);
    return;
  }
  const directory = mkdtempSync(path.join(os.tmpdir(), 'sockmap-apt-'));
  try {
    // apt downloads as a user of its own.
    chmodSync(directory, 0o755);
    mkdirSync(path.join(directory, 'lists'));
    const parts = path.join(directory, 'parts');
    mkdirSync(parts);
    let written = 0;
    for (const file of sourceFiles()) {
      const kind = path.extname(file) === '.sources' ? 'deb822' : 'list';
      const text = withComponent(readFileSync(file, 'utf8'), kind, system);
      if (text === '') continue;
      writeFileSync(path.join(parts, `${written}${path.extname(file)}`), text);
      written++;
    }
    if (written === 0) {
      throw new Error(
        `netperf is in the component ${system.component} of ${system.name}, and no source of ` +
          'packages was found to read it from: install netperf 2.7 or newer by hand.',
      );
    }
    const options = [
      'Dir::Etc::sourcelist=/dev/null',
      `Dir::Etc::sourceparts=${parts}`,
      `Dir::State::lists=${path.join(directory, 'lists')}`,
    ].flatMap((option) => ['-o', option]);
    await update(options);
    await install(['netperf'], options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function sourceFiles() {
  const directory = '/etc/apt/sources.list.d';
  const files = existsSync(directory) ? readdirSync(directory).sort() : [];
  return ['/etc/apt/sources.list', ...files.map((name) => path.join(directory, name))].filter(
    (file) => /\.(list|sources)$/.test(file) && existsSync(file),
  );
}

/**
 * A server to log in to, or to measure against, must not start to listen on this machine just because
 * its tests need the program: services are kept from starting, now and at the next boot.
 */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const isInstalled = (name) => existsSync(`/var/lib/dpkg/info/${name}.list`);
  const before = Object.keys(SERVICES).filter(isInstalled);
  const ours = !existsSync(policy);
  // apt gets the same interrupt and ends; then the policy is taken away again.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  try {
    if (ours) {
      const script = `printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`;
      await rootStep('keeping services from starting', 'sh', ['-c', script]);
    }
    await work();
  } finally {
    if (ours) await rootStep('allowing services again', 'rm', ['-f', policy]);
    process.off('SIGINT', ignore);
  }
  const added = Object.keys(SERVICES).filter((name) => isInstalled(name) && !before.includes(name));
  if (added.length === 0 || !existsSync('/run/systemd/system')) return;
  if (findCommand('systemctl') === undefined) return;
  for (const unit of added.flatMap((name) => SERVICES[name])) {
    try {
      await rootStep(`switching ${unit} off`, 'systemctl', ['disable', unit]);
    } catch {
      // Not every release has each of them.
    }
  }
}
