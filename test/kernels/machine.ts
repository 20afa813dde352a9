import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atEnd } from '../harness/cleanup.ts';
import { freePort } from '../harness/port.ts';
import { endProcesses, processRef, type ProcessRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { stanza } from '../harness/sshd.ts';
import { eventually } from '../harness/host/wait.ts';

/** A release of Debian with its own kernel and tools. */
export interface Release {
  /** `bookworm` */
  readonly suite: string;
  readonly architecture: 'amd64' | 'arm64';
  /** With podman and systemd. */
  readonly containers?: true;
  /** No longer looked after: its security updates may have gone from the mirrors. */
  readonly ended?: true;
}

/** Where images are kept: they are made once. */
const IMAGES = path.resolve(import.meta.dirname, '../../out/kernels');

const MEMORY_MIB = 6144;
/** QEMU's user-mode network, as it is unless told otherwise. */
const GUEST_ADDRESS = '10.0.2.15/24';

const EMULATORS = {
  amd64: {
    argv: ['qemu-system-x86_64', '-machine', 'q35', '-cpu', 'max'],
    // The emulated clock is steady, but the kernel does not believe it.
    kernelLine: 'console=ttyS0 tsc=reliable no5lvl',
  },
  arm64: {
    argv: ['qemu-system-aarch64', '-machine', 'virt,gic-version=3', '-cpu', 'neoverse-n1'],
    kernelLine: 'console=ttyAMA0 kpti=off',
  },
} as const;

/**
 * Early in a boot a processor of the emulator may run into an instruction that another one is patching, which a real
 * one does not.
 */
const TORN_INSTRUCTION = 'Oops: int3';

/** Mitigations make each system call flush what the emulator knows of addresses. */
const KERNEL_LINE = 'quiet panic=1 mitigations=off random.trust_cpu=on rdinit=/init';

/** Packages that the product asks of a host, that a Linux host has anyway, and that the tests need. */
const packages = ({ architecture, containers }: Release): string[] => [
  'clang',
  'clangd',
  'bpftool',
  'libbpf-dev',
  'libc6-dev',
  'netperf',
  'openssh-server',
  'base-files',
  'base-passwd',
  'bash',
  'coreutils',
  'dash',
  'findutils',
  'grep',
  'gzip',
  'hostname',
  'iproute2',
  'kmod',
  'libc-bin',
  'mawk',
  'mount',
  'procps',
  'sed',
  'tar',
  'util-linux',
  `linux-image-cloud-${architecture}`,
  ...(containers ? CONTAINERS : []),
];

const CONTAINERS = [
  'podman',
  'crun',
  'netavark',
  'aardvark-dns',
  'iptables',
  'nftables',
  'systemd',
  'dbus',
  'busybox-static',
  'catatonit',
  'passwd',
  'sudo',
  'python3',
];

const WITHOUT_SECURITY =
  'mkdir -p "$1/etc/apt/preferences.d" && ' +
  'printf "Package: *\\nPin: release l=Debian-Security\\nPin-Priority: -1\\n" ' +
  '>"$1/etc/apt/preferences.d/without-security"';

/** Process 1: mounts what a host has mounted, and serves ssh, or leaves that to systemd. */
const init = ({ containers }: Release): string => `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /run/sshd
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
ln -s /proc/self/fd /dev/fd
modprobe virtio_pci
modprobe virtio_net
hostname "$(uname -r)"
ip link set lo up
ip link set eth0 up
ip address add ${GUEST_ADDRESS} dev eth0
${containers ? SYSTEMD : 'exec /usr/sbin/sshd -D -e'}
`;

/**
 * Puts what its disk keeps into place before systemd starts: a tar archive, for nothing but that outlives a restart.
 * Containers change their root, and the kernel's first file system cannot be that of anybody who does.
 */
const SYSTEMD = `modprobe virtio_blk
for try in 1 2 3 4 5; do [ -b /dev/vda ] && break; sleep 0.2; done
tar -C / -xf /dev/vda
mkdir /real
mount --rbind / /real
cd /real
mount --move /real /
exec chroot . /usr/lib/systemd/systemd`;

/** Size of the disk that a machine with systemd has. */
const DISK_BYTES = 64 << 20;

/** Sets up what the packages' scripts would have. */
const CONTAINERS_FILES: Readonly<Record<string, string>> = {
  // No file systems are stacked on the kernel's first one before Linux 6.6.
  'etc/containers/storage.conf':
    '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n',
  'etc/containers/containers.conf':
    '[network]\nnetwork_backend = "netavark"\n[engine]\ncgroup_manager = "systemd"\nruntime = "crun"\n',
  'etc/machine-id': '',
  ...Object.fromEntries(
    ['auth', 'account', 'password', 'session', 'session-noninteractive'].map((name) => [
      `etc/pam.d/common-${name}`,
      `${name.replace('-noninteractive', '')} required pam_unix.so\n`,
    ]),
  ),
};

interface Image {
  readonly kernel: string;
  /** The whole system: it lives in memory, and is new with each boot. */
  readonly initramfs: string;
  readonly identityFile: string;
  /** Its public key, as in known_hosts after the name. */
  readonly hostKey: string;
}

export interface Machine {
  readonly alias: string;
  /** For `ssh -F`. */
  readonly configFile: string;
  /**
   * Cuts its power, and boots it anew, as another release where one is named: nothing outlives that but the tar archive
   * that is on its disk, /dev/vda, of a machine with systemd. The same address and name.
   */
  restart(release?: Release): Promise<void>;
  stop(): Promise<void>;
}

/** Boots a machine of that release, and waits until it serves ssh. Takes a minute or two the first time. */
export async function bootMachine(release: Release): Promise<Machine> {
  let image = await makeImage(release);
  const { argv, kernelLine } = EMULATORS[release.architecture];
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-kernel-'));
  const consoleFile = path.join(directory, 'console');
  const emulatorFile = path.join(directory, 'emulator');
  const diskFile = path.join(directory, 'disk');
  fs.writeFileSync(diskFile, '');
  fs.truncateSync(diskFile, DISK_BYTES);
  const port = await freePort();
  const [command = '', ...rest] = argv;
  let ended = (): string | undefined => 'it was not started';
  let emulator: ProcessRef | undefined;
  const powerOn = (): void => {
    const told = fs.openSync(emulatorFile, 'w');
    const child = spawn(
      command,
      [
        ...rest,
        // KVM is not everywhere, and where it is nested it may hang.
        '-accel',
        'tcg,thread=multi',
        '-smp',
        '2',
        '-m',
        String(MEMORY_MIB),
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-no-reboot',
        '-kernel',
        image.kernel,
        '-initrd',
        image.initramfs,
        '-append',
        `${kernelLine} ${KERNEL_LINE}`,
        '-netdev',
        `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`,
        '-device',
        'virtio-net-pci,netdev=net,romfile=',
        ...(release.containers ? ['-drive', `file=${diskFile},format=raw,if=virtio`] : []),
        '-serial',
        `file:${consoleFile}`,
      ],
      { stdio: ['ignore', told, told], detached: true },
    );
    fs.closeSync(told);
    let failed: Error | undefined;
    child.once('error', (error) => (failed = error));
    child.unref();
    emulator = child.pid === undefined ? undefined : processRef(child.pid);
    ended = () =>
      (failed ?? (child.exitCode !== null || child.signalCode !== null))
        ? `${command} ended: ${failed?.message ?? ''}`
        : undefined;
  };
  const powerOff = async (): Promise<void> => {
    if (emulator) await endProcesses([emulator]);
  };
  const stop = atEnd(async () => {
    await powerOff();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  try {
    const alias = `debian-${release.suite}-${release.architecture}`;
    const configFile = path.join(directory, 'config');
    const knownHostsFile = path.join(directory, 'known_hosts');
    const boot = async (tries = 3): Promise<void> => {
      const { identityFile, hostKey } = image;
      fs.writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}\n`);
      fs.writeFileSync(configFile, stanza(alias, 'root', port, { identityFile, knownHostsFile }));
      powerOn();
      await eventually(
        `${alias} serves ssh`,
        () => {
          const end = ended();
          if (end !== undefined) throw new Error(end);
          // The emulator accepts at once; only an answer proves the guest.
          const options = ['BatchMode=yes', 'ConnectTimeout=5'].flatMap((option) => ['-o', option]);
          return run('ssh', ['-F', configFile, ...options, alias, 'true']).then(
            () => true,
            () => false,
          );
        },
        600_000,
      ).catch((error: unknown) => {
        const said = [emulatorFile, consoleFile].map((file) =>
          fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : '',
        );
        const isTorn =
          ended() !== undefined && said.some((text) => text.includes(TORN_INSTRUCTION));
        if (isTorn && tries > 1) return boot(tries - 1);
        const ends = said.map((text) => text.slice(-2000));
        throw new Error(`It said: ${ends.join('\n')}`, { cause: error });
      });
    };
    await boot();
    const restart = async (next?: Release): Promise<void> => {
      if (next) image = await makeImage(next);
      await powerOff();
      await boot();
    };
    return { alias, configFile, restart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeImage(release: Release): Promise<Image> {
  const { suite, architecture } = release;
  const made = createHash('sha256')
    .update([...packages(release), init(release), JSON.stringify(CONTAINERS_FILES)].join())
    .digest('hex');
  const place = path.join(IMAGES, `${suite}-${architecture}-${made.slice(0, 8)}`);
  const image: Omit<Image, 'hostKey'> = {
    kernel: path.join(place, 'kernel'),
    initramfs: path.join(place, 'initramfs'),
    identityFile: path.join(place, 'client_key'),
  };
  if (!fs.existsSync(place)) {
    fs.mkdirSync(IMAGES, { recursive: true });
    const unfinished = fs.mkdtempSync(`${place}.`);
    const remove = atEnd(() => {
      fs.rmSync(unfinished, { recursive: true, force: true });
    });
    try {
      await fill(unfinished, release);
      fs.renameSync(unfinished, place);
    } finally {
      await remove();
    }
  }
  const [type = '', key = ''] = fs
    .readFileSync(path.join(place, 'host_key.pub'), 'utf8')
    .split(' ');
  return { ...image, hostKey: `${type} ${key}` };
}

/**
 * Debian's packages are only unpacked: their scripts would have to run on the machine's own processor.
 * Little of what they would have set up is needed here.
 */
async function fill(place: string, release: Release): Promise<void> {
  const root = path.join(place, 'root');
  await run('mmdebstrap', [
    '--quiet',
    '--mode=root',
    '--variant=extract',
    '--components=main,non-free',
    `--architectures=${release.architecture}`,
    `--include=${packages(release).join(',')}`,
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    // Signatures are checked all the same; a mirror that lags does for a machine of tests.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...(release.ended ? [`--setup-hook=${WITHOUT_SECURITY}`] : []),
    ...['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    release.suite,
    root,
  ]);
  const within = (name: string): string => path.join(root, name);
  for (const name of ['host_key', 'client_key']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(place, name)]);
  }
  const copy = (from: string, to: string, mode: number): void => {
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(from, to);
    fs.chmodSync(to, mode);
  };
  copy(path.join(place, 'host_key'), within('etc/ssh/ssh_host_ed25519_key'), 0o600);
  copy(path.join(place, 'client_key.pub'), within('root/.ssh/authorized_keys'), 0o600);
  for (const name of ['passwd', 'group']) {
    copy(within(`usr/share/base-passwd/${name}.master`), within(`etc/${name}`), 0o644);
  }
  fs.appendFileSync(within('etc/passwd'), 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n');
  fs.writeFileSync(
    within('etc/ssh/sshd_config'),
    'UsePAM no\nUseDNS no\nPermitRootLogin prohibit-password\n',
  );
  fs.writeFileSync(within('etc/hosts'), '127.0.0.1 localhost\n');
  fs.writeFileSync(within('init'), init(release), { mode: 0o755 });
  link(within('usr/bin/awk'), 'mawk');
  link(within('usr/bin/cc'), 'clang');
  if (release.containers) setUpContainers(within);
  const [version = ''] = fs.readdirSync(within('lib/modules'));
  await run('depmod', ['-b', root, version]);
  // Newer releases keep it beside its modules.
  const kernels = [`boot/vmlinuz-${version}`, `lib/modules/${version}/vmlinuz`].map(within);
  const kernel = kernels.find((each) => fs.existsSync(each));
  if (kernel === undefined) throw new Error(`There is no kernel in ${release.suite}.`);
  copy(kernel, path.join(place, 'kernel'), 0o644);
  fs.rmSync(within('boot'), { recursive: true, force: true });
  await run('sh', [
    '-c',
    'cd "$1" && find . -print0 | cpio --quiet --null --create --format=newc >"$2"',
    'sh',
    root,
    path.join(place, 'initramfs'),
  ]);
  fs.rmSync(root, { recursive: true });
}

function setUpContainers(within: (name: string) => string): void {
  for (const [name, text] of Object.entries(CONTAINERS_FILES)) {
    fs.mkdirSync(path.dirname(within(name)), { recursive: true });
    fs.writeFileSync(within(name), text);
  }
  fs.appendFileSync(within('etc/passwd'), 'messagebus:x:101:101::/:/usr/sbin/nologin\n');
  fs.appendFileSync(within('etc/group'), 'messagebus:x:101:\n');
  const units = '/usr/lib/systemd/system';
  link(within('etc/systemd/system/default.target'), `${units}/multi-user.target`);
  link(within('etc/systemd/system/multi-user.target.wants/ssh.service'), `${units}/ssh.service`);
  for (const name of ['iptables', 'ip6tables', 'iptables-save', 'iptables-restore']) {
    link(within(`usr/sbin/${name}`), 'xtables-nft-multi');
  }
}

/** Unless there is something. */
function link(place: string, target: string): void {
  if (fs.existsSync(place)) return;
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.symlinkSync(target, place);
}
