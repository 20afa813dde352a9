import * as l10n from '@vscode/l10n';
import type { Facts } from './facts.ts';
import { asRoot, netperfSource, reinstall, remediesFor } from './remedies.ts';

/** A use that a fact may stand in the way of. */
export type Capability = 'load' | 'benchmark' | 'language';

/** Each has a section in docs/troubleshooting.md. */
export const ISSUE_IDS = [
  'kernel',
  'kernel-guarded',
  'privilege',
  'cgroup2',
  'bpffs',
  'clang',
  'clang-bpf',
  'bpftool',
  'bpftool-btf',
  'libbpf headers',
  'libbpf',
  'setpriv',
  'flock',
  'netperf',
  'clangd',
  'btf',
  'jit',
  'other-programs',
  'socket-unit',
] as const;
type IssueId = (typeof ISSUE_IDS)[number];

export interface HostIssue {
  readonly id: IssueId;
  /** `blocks`: what it prevents is impossible; `warns`: possible, with a caveat. */
  readonly severity: 'blocks' | 'warns';
  readonly prevents: readonly Capability[];
  /** The fault, in one sentence. */
  readonly wrong: string;
  /** The next step, in one sentence. */
  readonly next: string;
  /** A command for a terminal on that host, where one can fix it. */
  readonly remedy?: string;
}

/** Lowest versions that work (netperf's `-k` keys among them). */
const FLOORS = {
  guarded: '5.15',
  classic: '5.10',
  clang: '11',
  bpftool: '5.10',
  netperf: '2.7',
  /** It can say where a program's log goes (bpf_program__set_log_buf, for verify.c). */
  libbpf: '0.7',
};

/** Where a release is too old to have one that works. */
const NEWER: Readonly<Record<string, () => string>> = {
  bpftool: () => l10n.t('build it from {0}', 'https://github.com/libbpf/bpftool'),
  netperf: netperfSource,
  libbpf: () => l10n.t('sources can be edited and loaded, but not verified'),
};

/** Judges a host's facts. An empty answer: everything can run. */
export function hostIssues(facts: Facts): HostIssue[] {
  const found: HostIssue[] = [];
  const remedies = remediesFor(facts);

  const missing = (
    id: IssueId,
    prevents: Capability[],
    version: string | undefined,
    floor: string | undefined,
    severity: HostIssue['severity'] = 'blocks',
  ): void => {
    if (version !== undefined && (floor === undefined || atLeast(version, floor))) return;
    const remedy = remedies?.install(id);
    const broken = version === undefined ? facts.broken[id] : undefined;
    if (broken !== undefined) {
      const words = broken.split('\n').find((line) => line.trim() !== '') ?? l10n.t('no output');
      found.push({
        id,
        severity,
        prevents,
        wrong: l10n.t(
          '{0} is installed, but does not run: {1}.',
          id,
          words.trim().replace(/\.$/, ''),
        ),
        next: remedies?.broken(id) ?? reinstall(),
        ...(remedy !== undefined && { remedy }),
      });
      return;
    }
    found.push({
      id,
      severity,
      prevents,
      wrong:
        version === undefined
          ? l10n.t('{0} is not installed.', id)
          : l10n.t('{0} {1} is older than {2}, the oldest that works.', id, version, floor ?? ''),
      next:
        version === undefined
          ? (remedies?.advice(id) ?? l10n.t('Install {0} {1} or newer.', id, floor ?? ''))
          : l10n.t(
              'Upgrade it; where the package is no newer, {0}.',
              NEWER[id]?.() ?? l10n.t('use a newer release of the distribution'),
            ),
      ...(remedy !== undefined && { remedy }),
    });
  };

  if (!atLeast(facts.kernel, FLOORS.classic)) {
    found.push({
      id: 'kernel',
      severity: 'blocks',
      prevents: ['load', 'benchmark'],
      wrong: l10n.t('Linux {0} is older than {1}.', facts.kernel, FLOORS.classic),
      next: l10n.t('Use a host with a newer kernel.'),
    });
  } else if (!atLeast(facts.kernel, FLOORS.guarded)) {
    found.push({
      id: 'kernel-guarded',
      severity: 'warns',
      prevents: [],
      wrong: l10n.t(
        'Linux {0} is older than {1}: only the classic policy can be loaded.',
        facts.kernel,
        FLOORS.guarded,
      ),
      next: l10n.t('Use a host with a newer kernel for the guarded policy.'),
    });
  }
  if (facts.privilege === 'none') {
    found.push({
      id: 'privilege',
      severity: 'blocks',
      prevents: ['load', 'benchmark'],
      wrong: l10n.t('You are not root on the host, and sudo is not installed.'),
      next: l10n.t('Log in as root, or have sudo installed and your account allowed to use it.'),
    });
  }
  if (facts.cgroupMount === undefined) {
    found.push({
      id: 'cgroup2',
      severity: 'blocks',
      prevents: ['load', 'benchmark'],
      wrong: l10n.t('cgroup v2 is not mounted, not even beside v1.'),
      next: l10n.t('Mount it beside v1 at /sys/fs/cgroup/unified.'),
      remedy: asRoot(
        facts,
        'mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified',
      ),
    });
  }
  if (!facts.bpffs) {
    found.push({
      id: 'bpffs',
      severity: 'blocks',
      prevents: ['load', 'benchmark'],
      wrong: l10n.t('The BPF file system is not mounted at /sys/fs/bpf.'),
      next: l10n.t('Mount it for root only; add it to /etc/fstab to have it after a reboot, too.'),
      remedy: asRoot(facts, 'mount -t bpf -o mode=0700 bpf /sys/fs/bpf'),
    });
  }
  missing('clang', ['load', 'benchmark', 'language'], facts.clang, FLOORS.clang);
  if (facts.clang !== undefined && !facts.clangTargetsBpf) {
    found.push({
      id: 'clang-bpf',
      severity: 'blocks',
      prevents: ['load', 'benchmark', 'language'],
      wrong: l10n.t('clang {0} was built without the BPF target.', facts.clang),
      next: l10n.t("Install the distribution's own clang."),
    });
  }
  missing('bpftool', ['load', 'benchmark'], facts.bpftool, FLOORS.bpftool);
  if (facts.bpftool !== undefined && facts.btf && !facts.bpftoolReadsBtf) {
    found.push({
      id: 'bpftool-btf',
      severity: 'blocks',
      prevents: ['load', 'benchmark'],
      wrong: l10n.t(
        'bpftool {0} cannot read the types (BTF) of Linux {1}.',
        facts.bpftool,
        facts.kernel,
      ),
      next: l10n.t('Use one as new as the kernel: {0}.', NEWER['bpftool']?.() ?? ''),
    });
  }
  missing(
    'libbpf headers',
    ['load', 'benchmark', 'language'],
    facts.libbpfHeaders ? '1' : undefined,
    undefined,
  );
  // Without headers there is one issue, not two; headers that do not say their version may do.
  if (facts.libbpfHeaders && facts.libbpf !== undefined) {
    missing('libbpf', ['language'], facts.libbpf, FLOORS.libbpf, 'warns');
  }
  // Where root logs in, for the compiler too; other accounts compile as themselves.
  for (const tool of ['setpriv', 'flock'] as const) {
    missing(
      tool,
      facts.privilege === 'root' ? ['load', 'benchmark', 'language'] : ['benchmark'],
      facts[tool] ? '1' : undefined,
      undefined,
    );
  }
  // The worse of the pair.
  const { netperf, netserver } = facts;
  const pair = netperf !== undefined && atLeast(netperf, FLOORS.netperf) ? netserver : netperf;
  missing('netperf', ['benchmark'], pair, FLOORS.netperf);
  missing('clangd', ['language'], facts.clangd, undefined, 'warns');
  if (!facts.btf) {
    found.push({
      id: 'btf',
      severity: 'blocks',
      prevents: ['load', 'benchmark'],
      wrong: l10n.t('The kernel carries no BTF (/sys/kernel/btf/vmlinux).'),
      next: l10n.t('Use a kernel built with CONFIG_DEBUG_INFO_BTF, as distributions build theirs.'),
    });
  }
  if (facts.jit === false) {
    found.push({
      id: 'jit',
      severity: 'warns',
      prevents: [],
      wrong: l10n.t('The BPF JIT is off: programs are interpreted, and any measurement says so.'),
      next: l10n.t('Switch it on.'),
      remedy: asRoot(facts, 'sysctl net.core.bpf_jit_enable=1'),
    });
  }
  const others = facts.otherPrograms ?? [];
  if (others.length > 0) {
    found.push({
      id: 'other-programs',
      severity: 'warns',
      prevents: [],
      wrong: l10n.t(
        'Other {0} programs are loaded: {1}.',
        listOf(new Set(others.map(({ type }) => type))),
        listOf(others.map(({ id, name }) => `${name} (id ${id})`)),
      ),
      next: l10n.t(
        'A socket can be in the map of one sk_msg program only: do not load into cgroups they serve.',
      ),
    });
  }
  return found;
}

export const blocking = (found: readonly HostIssue[], capability: Capability): HostIssue[] =>
  found.filter(({ severity, prevents }) => severity === 'blocks' && prevents.includes(capability));

/** Compares dotted versions number by number; what follows them ("-arch1", "-rc2") is left out. */
export function atLeast(version: string, floor: string): boolean {
  const numbers = (text: string) =>
    (/^\d+(?:\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const [a, b] = [numbers(version), numbers(floor)];
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const listOf = (words: Iterable<string>): string => Array.from(words).join(', ');
