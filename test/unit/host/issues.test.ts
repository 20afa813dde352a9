import assert from 'node:assert/strict';
import { execaSync } from 'execa';
import { parseFacts, type Facts } from '../../../src/host/facts.ts';
import { atLeast, blocking, hostIssues, type HostIssue } from '../../../src/host/issues.ts';
import { BOUNDARY, recorded } from '../recorded.ts';

const GOOD = parseFacts(recorded('facts/debian12-hybrid.txt'), BOUNDARY, 'root');

const found = (change: Partial<Facts>): HostIssue[] => hostIssues({ ...GOOD, ...change });
const ids = (change: Partial<Facts>): string[] => found(change).map(({ id }) => id);
function only(change: Partial<Facts>): HostIssue {
  const [first, ...others] = found(change);
  assert.ok(first !== undefined && others.length === 0, JSON.stringify([first, ...others]));
  return first;
}
const distribution = (id: string, like: string[] = []): Pick<Facts, 'distribution'> => ({
  distribution: { id, like, name: id, codename: '' },
});

describe('findings', () => {
  it('of a host that has everything: none', () => {
    assert.deepEqual(found({}), []);
  });

  describe('each missing thing', () => {
    const LOAD = ['load', 'benchmark'];
    const ALL = [...LOAD, 'language'];
    const CASES: [id: string, change: Partial<Facts>, prevents: string[]][] = [
      ['kernel', { kernel: '5.4.0-190-generic' }, LOAD],
      ['privilege', { privilege: 'none' }, LOAD],
      ['cgroup2', { cgroupMount: undefined }, LOAD],
      ['bpffs', { bpffs: false }, LOAD],
      ['clang', { clang: undefined }, ALL],
      ['clang', { clang: '10.0.1' }, ALL],
      ['clang-bpf', { clangTargetsBpf: false }, ALL],
      ['bpftool', { bpftool: undefined }, LOAD],
      ['bpftool', { bpftool: '5.9.0' }, LOAD],
      ['bpftool', { bpftool: undefined, broken: { bpftool: 'WARNING: none' } }, LOAD],
      ['bpftool-btf', { bpftool: '5.15.160', bpftoolReadsBtf: false }, LOAD],
      ['libbpf headers', { libbpfHeaders: false }, ALL],
      ['setpriv', { setpriv: false }, ALL],
      ['flock', { flock: false }, ALL],
      ['netperf', { netperf: undefined }, ['benchmark']],
      ['netperf', { netserver: undefined }, ['benchmark']],
      ['netperf', { netperf: '2.6.0' }, ['benchmark']],
      ['btf', { btf: false }, LOAD],
    ];
    for (const [id, change, prevents] of CASES) {
      it(`${JSON.stringify(change)} blocks ${prevents.join(', ')}`, () => {
        const finding = only(change);
        assert.equal(finding.id, id);
        assert.equal(finding.severity, 'blocks');
        assert.deepEqual(finding.prevents, prevents);
        assert.match(finding.wrong, /\.$/);
        assert.match(finding.next, /\.$/);
        for (const capability of ['load', 'benchmark', 'language'] as const) {
          assert.equal(blocking([finding], capability).length > 0, prevents.includes(capability));
        }
      });
    }

    it('of one that is too old: its package may be so, too', () => {
      assert.match(only({ bpftool: '5.4.0' }).next, /^Upgrade it; .*libbpf\/bpftool\.$/);
      assert.match(only({ clang: '10.0.1' }).next, /^Upgrade it; .* newer release/);
      assert.match(only({ bpftool: undefined }).next, /^Install the package/);
    });

    it('of a libbpf that is too old for what asks the verifier: all else works', () => {
      const { wrong, next, prevents, remedy } = only({
        libbpf: '0.5.0',
        ...distribution('ubuntu'),
      });
      assert.equal(wrong, 'libbpf 0.5.0 is older than 0.7, the oldest that works.');
      assert.match(next, /edited and loaded, but not verified/);
      assert.deepEqual([prevents, remedy?.endsWith(' libbpf-dev')], [['language'], true]);
      assert.equal(only({ libbpfHeaders: false, libbpf: undefined }).id, 'libbpf headers');
    });

    it('of one that is there and does not run: its own words, and a package that has it', () => {
      const words =
        'WARNING: bpftool not found for kernel 5.15.153.1-microsoft\n\n  You may need to';
      for (const kernel of ['5.15.153.1-microsoft-standard-WSL2', '6.8.0-1015-azure']) {
        const broken = { ...distribution('ubuntu'), kernel, bpftool: undefined };
        const { wrong, next, remedy } = only({ ...broken, broken: { bpftool: words } });
        assert.match(wrong, /is installed, but does not run: WARNING: bpftool not found/);
        assert.match(next, /a package for each kernel.*WSL2/);
        assert.match(
          remedy ?? '',
          /linux-tools-\$\(uname -r\)" \|\| .*\n?.*\/usr\/local\/sbin\/bpftool/,
        );
      }
      const clang = only({ clang: undefined, broken: { clang: 'libLLVM.so: cannot open' } });
      assert.match(clang.wrong, /^clang is installed, but does not run: libLLVM/);
    });

    const WARNINGS: [id: string, change: Partial<Facts>][] = [
      ['kernel-guarded', { kernel: '5.10.0-32-amd64' }],
      ['clangd', { clangd: undefined }],
      ['libbpf', { libbpf: '0.5.0' }],
      ['jit', { jit: false }],
    ];
    for (const [id, change] of WARNINGS) {
      it(`${JSON.stringify(change)} only warns`, () => {
        const finding = only(change);
        assert.deepEqual([finding.id, finding.severity], [id, 'warns']);
        for (const capability of ['load', 'benchmark'] as const) {
          assert.deepEqual(blocking([finding], capability), []);
        }
      });
    }

    it('the versions that are just enough', () => {
      const change = {
        kernel: '5.15.0-1-arch',
        clang: '11.0.1',
        bpftool: '5.10.0',
        netperf: '2.7.0',
        libbpf: '0.7',
      };
      assert.deepEqual(found(change), []);
    });

    it('an unreadable JIT switch and unlisted programs are no findings', () => {
      assert.deepEqual(found({ jit: undefined, otherPrograms: undefined }), []);
    });

    it('several at once are all reported', () => {
      assert.deepEqual(
        ids({ clang: undefined, clangTargetsBpf: false, bpftool: undefined, bpffs: false }),
        ['bpffs', 'clang', 'bpftool'],
      );
    });
  });

  it("others' programs are named", () => {
    const otherPrograms = [
      { id: 7, type: 'sk_msg', name: 'cil_redirect', tag: 'x', pinned: [] },
      { id: 8, type: 'sk_msg', name: 'other', tag: 'y', pinned: [] },
    ];
    const finding = only({ otherPrograms });
    assert.equal(finding.severity, 'warns');
    assert.match(finding.wrong, /sk_msg programs .*cil_redirect \(id 7\), other \(id 8\)/);
  });

  describe('the command that fixes', () => {
    const remedy = (change: Partial<Facts>): string | undefined => only(change).remedy;

    it('runs through sudo for who is not root, and mounts are mounted', () => {
      assert.equal(remedy({ bpffs: false }), 'mount -t bpf -o mode=0700 bpf /sys/fs/bpf');
      for (const privilege of ['sudo', 'sudo-password'] as const) {
        const line = remedy({ bpffs: false, privilege });
        assert.equal(line, "sudo sh -c 'mount -t bpf -o mode=0700 bpf /sys/fs/bpf'");
      }
      assert.match(remedy({ cgroupMount: undefined }) ?? '', /mount -t cgroup2 .*unified$/);
      assert.match(remedy({ jit: false }) ?? '', /^sysctl net.core.bpf_jit_enable=1$/);
    });

    const APT = 'apt-get update && apt-get install -y ';
    const PACKAGES: [
      name: string,
      where: Pick<Facts, 'distribution'>,
      commands: Record<'clang' | 'clangd' | 'bpftool' | 'headers', RegExp>,
      netperf: RegExp | undefined,
    ][] = [
      [
        'Debian',
        distribution('debian'),
        {
          clang: new RegExp(`^${APT}clang$`),
          clangd: new RegExp(`^${APT}clangd$`),
          bpftool: new RegExp(`^${APT}bpftool$`),
          headers: new RegExp(`^${APT}libbpf-dev$`),
        },
        /non-free.*apt-get install -y netperf$/,
      ],
      [
        'Ubuntu',
        distribution('ubuntu', ['debian']),
        {
          clang: new RegExp(`^${APT}clang$`),
          clangd: new RegExp(`^${APT}clangd$`),
          bpftool: /install -y "linux-tools-\$\(uname -r\)" \|\| .*linux-tools-generic/,
          headers: /libbpf-dev$/,
        },
        /add-apt-repository -y multiverse.*apt-get install -y netperf$/,
      ],
      [
        'Linux Mint',
        distribution('linuxmint', ['ubuntu', 'debian']),
        { clang: /apt-get/, clangd: /apt-get/, bpftool: /linux-tools/, headers: /libbpf-dev/ },
        /multiverse/,
      ],
      [
        'Fedora',
        distribution('fedora'),
        {
          clang: /^dnf install -y clang$/,
          clangd: /^dnf install -y clang-tools-extra$/,
          bpftool: /^dnf install -y bpftool$/,
          headers: /^dnf install -y libbpf-devel$/,
        },
        /^dnf install -y netperf$/,
      ],
      [
        'Rocky Linux',
        distribution('rocky', ['rhel', 'centos', 'fedora']),
        { clang: /dnf/, clangd: /dnf/, bpftool: /dnf/, headers: /dnf .*libbpf-devel/ },
        /netperf/,
      ],
      [
        'openSUSE',
        distribution('opensuse-tumbleweed', ['opensuse', 'suse']),
        {
          clang: /^zypper .*clang$/,
          clangd: /clang-tools/,
          bpftool: /bpftool/,
          headers: /libbpf-devel/,
        },
        /zypper .*netperf$/,
      ],
      [
        'Arch',
        distribution('arch'),
        { clang: /^pacman -S .*clang$/, clangd: /clang$/, bpftool: /\bbpf$/, headers: /libbpf$/ },
        undefined,
      ],
      [
        'Alpine',
        distribution('alpine'),
        {
          clang: /^apk add clang$/,
          clangd: /clang-extra-tools/,
          bpftool: /bpftool/,
          headers: /libbpf-dev linux-headers/,
        },
        /^apk add netperf$/,
      ],
    ];
    for (const [name, where, commands, netperf] of PACKAGES) {
      it(`on ${name}`, () => {
        assert.match(remedy({ ...where, clang: undefined }) ?? '', commands.clang);
        assert.match(remedy({ ...where, clangd: undefined }) ?? '', commands.clangd);
        assert.match(remedy({ ...where, bpftool: undefined }) ?? '', commands.bpftool);
        assert.match(remedy({ ...where, libbpfHeaders: false }) ?? '', commands.headers);
        const finding = only({ ...where, netperf: undefined });
        if (netperf !== undefined) assert.match(finding.remedy ?? '', netperf);
        else {
          assert.equal(finding.remedy, undefined);
          assert.match(finding.next, /build it/);
        }
      });
    }

    it('is none on a distribution nobody knows, which gets words instead', () => {
      const finding = only({ ...distribution('nixos'), bpftool: undefined });
      assert.equal(finding.remedy, undefined);
      assert.match(finding.next, /Install bpftool 5\.10 or newer/);
    });

    it('is a line sh can read, as root and through sudo', () => {
      for (const privilege of ['root', 'sudo'] as const) {
        for (const [, where] of PACKAGES) {
          const all = found({
            ...where,
            privilege,
            clang: undefined,
            clangd: undefined,
            bpftool: undefined,
            libbpfHeaders: false,
            netperf: undefined,
            bpffs: false,
            jit: false,
            cgroupMount: undefined,
          });
          for (const { remedy: line } of all) {
            if (line === undefined) continue;
            execaSync('sh', ['-n', '-c', line]);
          }
        }
      }
    });
  });

  describe('versions', () => {
    const CASES: [version: string, floor: string, expected: boolean][] = [
      ['5.15', '5.15', true],
      ['5.15.0-91-generic', '5.15', true],
      ['5.9', '5.10', false],
      ['6.1', '5.15', true],
      ['7.10.0', '7.9', true],
      ['7', '7.1', false],
      ['7.1', '7.1.0', true],
      ['10.0.1', '11', false],
      ['7.2.0-rc2', '7.2', true],
      ['', '5.10', false],
      ['unknown', '1', false],
    ];
    for (const [version, floor, expected] of CASES) {
      it(`"${version}" ${expected ? 'is' : 'is not'} at least ${floor}`, () => {
        assert.equal(atLeast(version, floor), expected);
      });
    }
  });
});
