// The tools that each part needs on the machine, how to see that they are there, and which packages bring them.
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { env } from 'node:process';
import { PACKAGES } from '../../src/host/packages.mjs';
import { ask, findCommand } from './shell.mjs';

const command = (name) => () => findCommand(name) !== undefined;
const file = (name) => () => existsSync(name);

const NGINX_MODULES = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules'];

/** For Debian without packages: they are not simply of that name, see apt.mjs. */
const TOOLS = [
  shared('clang', command('clang')),
  shared('clangd', command('clangd')),
  // Ubuntu's is a wrapper that fails when it has nothing for the running kernel.
  shared('bpftool', () => ask('bpftool', ['version']) !== undefined, { debian: [] }),
  shared('libbpf headers', file('/usr/include/bpf/bpf_helpers.h')),
  shared('netperf', () => command('netperf')() && command('netserver')(), { debian: [] }),
  tool(['host'], 'C library headers', file('/usr/include/stdio.h'), ['libc6-dev'], {
    fedora: ['glibc-devel'],
    suse: ['glibc-devel'],
    arch: ['glibc'],
    alpine: ['musl-dev'],
  }),
  tool(['host'], 'ip', command('ip'), ['iproute2'], { fedora: ['iproute'] }),
  tool(['host'], 'nft', command('nft'), ['nftables']),
  tool(['host', 'editor'], 'ssh', command('ssh'), ['openssh-client'], {
    fedora: ['openssh-clients'],
    suse: ['openssh-clients'],
    arch: ['openssh'],
    alpine: ['openssh-client'],
  }),
  tool(
    ['applications'],
    'redis',
    () => command('redis-server')() && command('redis-benchmark')(),
    ['redis-server', 'redis-tools'],
    { fedora: ['redis'], suse: ['redis'], arch: ['redis'], alpine: ['redis'] },
  ),
  tool(['applications'], 'nginx', command('nginx'), ['nginx']),
  tool(
    ['applications'],
    "nginx's stream module",
    () => NGINX_MODULES.some((each) => existsSync(path.join(each, 'ngx_stream_module.so'))),
    ['libnginx-mod-stream'],
    {
      fedora: ['nginx-mod-stream'],
      suse: ['nginx'],
      arch: ['nginx-mod-stream'],
      alpine: ['nginx-mod-stream'],
    },
  ),
  tool(['applications'], 'wrk', command('wrk'), ['wrk']),
  tool(['applications'], 'iperf3', command('iperf3'), ['iperf3']),
  tool(['applications'], 'sockperf', command('sockperf'), ['sockperf']),
  tool(['applications'], 'h2load', command('h2load'), ['nghttp2-client'], {
    fedora: ['nghttp2'],
    suse: ['nghttp2'],
    arch: ['nghttp2'],
    alpine: ['nghttp2'],
  }),
  tool(['applications'], 'memcaslap', command('memcaslap'), ['libmemcached-tools'], {
    fedora: ['libmemcached-awesome-tools'],
  }),
  tool(['applications'], 'PostgreSQL', hasPostgres, ['postgresql'], {
    fedora: ['postgresql-server', 'postgresql-contrib'],
    suse: ['postgresql-server', 'postgresql-contrib'],
    alpine: ['postgresql', 'postgresql-contrib'],
  }),
  tool(['applications'], 'memcached', command('memcached'), ['memcached']),
  // A small program in Go whose gateway hands on bytes as all proxies in Go do.
  tool(['applications'], 'etcd', command('etcd'), ['etcd-server'], {
    fedora: ['etcd'],
    suse: ['etcd'],
    arch: ['etcd'],
    alpine: ['etcd'],
  }),
  tool(['applications'], 'curl', command('curl'), ['curl']),
  // It compiles what it runs.
  tool(['applications'], 'a JDK', command('javac'), ['default-jdk-headless'], {
    fedora: ['java-latest-openjdk-devel'],
    suse: ['java-17-openjdk-devel'],
    arch: ['jdk-openjdk'],
    alpine: ['openjdk17-jdk'],
  }),
  tool(['applications'], 'gRPC for Python', pythonModule('grpc'), ['python3-grpcio'], {
    arch: ['python-grpcio'],
    alpine: ['py3-grpcio'],
  }),
  tool(['applications'], 'openssl', command('openssl'), ['openssl']),
  tool(['sshd'], 'sshd', command('sshd'), ['openssh-server'], { arch: ['openssh'] }),
  tool(['sshd'], 'sudo', command('sudo'), ['sudo']),
  // Login shells of people's accounts.
  tool(['sshd'], 'zsh', command('zsh'), ['zsh']),
  tool(['sshd'], 'fish', command('fish'), ['fish']),
  tool(['sshd'], 'tcsh', command('tcsh'), ['tcsh']),
  tool(['sshd'], 'dash', command('dash'), ['dash']),
  // A host whose tools are its.
  tool(['sshd'], 'busybox', command('busybox'), ['busybox']),
  // The parser that metrics have to pass.
  tool(
    ['host'],
    "Python's Prometheus client",
    pythonModule('prometheus_client.openmetrics.parser'),
    ['python3-prometheus-client'],
    {
      fedora: ['python3-prometheus_client'],
      suse: ['python3-prometheus_client'],
      arch: ['python-prometheus_client'],
      alpine: ['py3-prometheus-client'],
    },
  ),
  tool(
    ['host'],
    'Prometheus',
    () => command('prometheus')() && command('promtool')(),
    ['prometheus'],
    { fedora: ['golang-github-prometheus'], suse: ['golang-github-prometheus-prometheus'] },
  ),
  tool(['host'], "Prometheus's node_exporter", command('prometheus-node-exporter'), [
    'prometheus-node-exporter',
  ]),
  // It reads the units; nothing is started.
  tool(['host'], 'systemd-analyze', command('systemd-analyze'), ['systemd']),
  tool(['deploy'], 'Ansible', command('ansible-playbook'), ['ansible-core']),
  tool(['deploy'], 'ansible-lint', command('ansible-lint'), ['ansible-lint']),
  tool(['editor'], 'chromium', hasBrowser, [], {
    fedora: ['chromium'],
    suse: ['chromium'],
    arch: ['chromium'],
    alpine: ['chromium'],
  }),
  tool(['editor'], 'a font', hasFont, ['fonts-dejavu-core'], {
    fedora: ['dejavu-sans-fonts'],
    suse: ['dejavu-fonts'],
    arch: ['ttf-dejavu'],
    alpine: ['font-dejavu'],
  }),
  // The VS Code server's logger, behind every output channel, is compiled here.
  tool(['editor'], 'make', command('make'), ['make']),
  tool(['editor'], 'g++', command('g++'), ['g++'], {
    fedora: ['gcc-c++'],
    suse: ['gcc-c++'],
    arch: ['gcc'],
  }),
  tool(['editor'], 'python3', command('python3'), ['python3'], { arch: ['python'] }),
  tool(['pictures'], 'pngquant', command('pngquant'), ['pngquant']),
  tool(['pictures'], 'haproxy', command('haproxy'), ['haproxy']),
  tool(['kernels'], 'QEMU', command('qemu-system-x86_64'), ['qemu-system-x86'], {
    fedora: ['qemu-system-x86-core'],
    suse: ['qemu-x86'],
    alpine: ['qemu-system-x86_64'],
  }),
  tool(['kernels'], 'QEMU for arm64', command('qemu-system-aarch64'), ['qemu-system-arm'], {
    fedora: ['qemu-system-aarch64-core'],
    suse: ['qemu-arm'],
    arch: ['qemu-system-aarch64'],
    alpine: ['qemu-system-aarch64'],
  }),
  tool(['kernels'], 'mmdebstrap', command('mmdebstrap'), ['mmdebstrap']),
  tool(['kernels'], 'buildah', command('buildah'), ['buildah']),
  tool(['kernels', 'deploy'], 'kubectl', command('kubectl'), ['kubernetes-client'], {
    alpine: ['kubectl'],
  }),
  tool(['kernels'], 'cpio', command('cpio'), ['cpio']),
  tool(['kernels'], 'depmod', command('depmod'), ['kmod']),
  tool(['format'], 'shellcheck', command('shellcheck'), ['shellcheck'], {
    fedora: ['ShellCheck'],
    suse: ['ShellCheck'],
  }),
  tool(['format'], 'clang-format', command('clang-format'), ['clang-format'], {
    fedora: ['clang-tools-extra'],
    suse: ['clang-tools'],
    arch: ['clang'],
    alpine: ['clang-extra-tools'],
  }),
];

/** The tools that every host of the extension needs, by the same names. */
function shared(name, present, others = {}) {
  return { parts: ['host'], name, present, packages: { ...PACKAGES[name], ...others } };
}

function tool(parts, name, present, debian, others = {}) {
  const packages = { fedora: debian, suse: debian, arch: debian, alpine: debian, ...others };
  return { parts, name, present, packages: { ...packages, debian } };
}

export function missingTools(parts) {
  return TOOLS.filter((each) => each.parts.some((part) => parts.includes(part)) && !each.present());
}

/** Debian keeps the server's programs of each version apart, and off the PATH. */
function hasPostgres() {
  const place = '/usr/lib/postgresql';
  const versions = existsSync(place) ? readdirSync(place) : [];
  return (
    versions.some((version) => existsSync(path.join(place, version, 'bin', 'pgbench'))) ||
    (command('initdb')() && command('pgbench')())
  );
}

/** The system's, or the one playwright-core has downloaded. */
function hasBrowser() {
  if (env.CHROMIUM_PATH !== undefined) return existsSync(env.CHROMIUM_PATH);
  const names = ['chromium-headless-shell', 'chromium', 'google-chrome', 'chromium-browser'];
  // Ubuntu's chromium-browser is a script that asks for a snap.
  if (names.some((name) => findCommand(name) && ask(name, ['--version']) !== undefined))
    return true;
  const cache = env.PLAYWRIGHT_BROWSERS_PATH ?? path.join(os.homedir(), '.cache', 'ms-playwright');
  return existsSync(cache) && readdirSync(cache).some((name) => name.startsWith('chromium-'));
}

function hasFont() {
  const places = ['/usr/share/fonts', '/usr/local/share/fonts'];
  return places.some(
    (place) =>
      existsSync(place) &&
      readdirSync(place, { recursive: true }).some((name) => /\.(ttf|otf|ttc)$/i.test(name)),
  );
}

/** The distribution's packages are for its own interpreter. */
function pythonModule(name) {
  const own = '/usr/bin/python3';
  const python = existsSync(own) ? own : 'python3';
  return () => ask(python, ['-c', `import ${name}`]) !== undefined;
}
