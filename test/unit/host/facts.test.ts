import assert from 'node:assert/strict';
import { parseFacts, type Facts } from '../../../src/host/facts.ts';
import { BOUNDARY, recorded } from '../recorded.ts';

/** Output of the script, section by section. */
const printed = (sections: Readonly<Record<string, string>>): string =>
  Object.entries({ ...sections, end: '' })
    .map(([name, text]) => `\n${BOUNDARY} ${name}\n${text}\n`)
    .join('');

const parsed = (sections: Readonly<Record<string, string>>): Facts =>
  parseFacts(printed(sections), BOUNDARY, 'root');

describe('facts of a host', () => {
  it('are read from a Debian 12 with both cgroup versions', () => {
    const facts = parseFacts(recorded('facts/debian12-hybrid.txt'), BOUNDARY, 'root');
    assert.deepEqual(facts, {
      kernel: '6.18.44-amd64',
      architecture: 'x86_64',
      distribution: {
        id: 'debian',
        like: [],
        codename: 'bookworm',
        name: 'Debian GNU/Linux 12 (bookworm)',
      },
      cpus: 2,
      btf: true,
      jit: true,
      bpffs: true,
      cgroupMount: '/sys/fs/cgroup/unified',
      clang: '14.0.6',
      clangTargetsBpf: true,
      clangd: '14.0.6',
      bpftool: '7.1.0',
      bpftoolReadsBtf: true,
      broken: {},
      libbpfHeaders: true,
      libbpf: '1.1',
      netperf: '2.7.0',
      netserver: '2.7.0',
      setpriv: true,
      flock: true,
      systemd: false,
      privilege: 'root',
      otherPrograms: [],
    });
  });

  it('are all absent where nothing answered', () => {
    for (const text of ['', printed({}), 'sh: not found\n']) {
      const facts = parseFacts(text, BOUNDARY, 'none');
      assert.deepEqual(facts, {
        kernel: '',
        architecture: '',
        distribution: { id: 'linux', like: [], name: 'Linux', codename: '' },
        cpus: 1,
        btf: false,
        jit: undefined,
        bpffs: false,
        cgroupMount: undefined,
        clang: undefined,
        clangTargetsBpf: false,
        clangd: undefined,
        bpftool: undefined,
        bpftoolReadsBtf: false,
        broken: {},
        libbpfHeaders: false,
        libbpf: undefined,
        netperf: undefined,
        netserver: undefined,
        setpriv: false,
        flock: false,
        systemd: false,
        privilege: 'none',
        otherPrograms: undefined,
      });
    }
  });

  describe('distribution', () => {
    const CASES: [text: string, expected: Omit<Facts['distribution'], 'codename'>][] = [
      [
        'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n',
        { id: 'ubuntu', like: ['debian'], name: 'Ubuntu 24.04.1 LTS' },
      ],
      [
        'NAME="Fedora Linux"\nID=fedora\nPRETTY_NAME="Fedora Linux 41 (Server Edition)"\n',
        { id: 'fedora', like: [], name: 'Fedora Linux 41 (Server Edition)' },
      ],
      [
        'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.4"',
        { id: 'rocky', like: ['rhel', 'centos', 'fedora'], name: 'Rocky Linux 9.4' },
      ],
      [
        'NAME="openSUSE Tumbleweed"\n# a comment\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"',
        { id: 'opensuse-tumbleweed', like: ['opensuse', 'suse'], name: 'openSUSE Tumbleweed' },
      ],
      [
        "NAME='Arch Linux'\nPRETTY_NAME='Arch Linux'\nID=arch\nBUILD_ID=rolling\n",
        { id: 'arch', like: [], name: 'Arch Linux' },
      ],
      [
        'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
        { id: 'alpine', like: [], name: 'Alpine Linux v3.20' },
      ],
      ['garbage\n=\nID', { id: 'linux', like: [], name: 'Linux' }],
    ];
    for (const [text, expected] of CASES) {
      it(expected.name, () => {
        const { codename, ...found } = parsed({ distribution: text }).distribution;
        assert.deepEqual([found, codename], [expected, '']);
      });
    }
  });

  it('libbpf says its version in its headers, or before 0.6 in its package', () => {
    const header = '#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 5\n';
    const package_ = 'Name: libbpf\nDescription: BPF library\nVersion: 0.5.0\nLibs: -lbpf\n';
    const version = (libbpf: string) => parsed({ libbpf }).libbpf;
    assert.deepEqual(
      [header, package_, `${header}${package_}`, 'Version: new\n', ''].map(version),
      ['1.5', '0.5.0', '1.5', undefined, undefined],
    );
  });

  describe('mounts', () => {
    const V1 = '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu';
    const place = (...lines: string[]) => parsed({ mounts: lines.join('\n') }).cgroupMount;

    it('cgroup v2 alone', () => {
      const line = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate';
      assert.equal(place(line), '/sys/fs/cgroup');
    });

    it('cgroup v2 beside v1, also with optional fields of any number', () => {
      for (const optional of ['', 'shared:10 ', 'shared:10 master:2 unbindable ']) {
        const line = `41 31 0:38 / /sys/fs/cgroup/unified rw ${optional}- cgroup2 cgroup2 rw`;
        assert.equal(place(V1, line), '/sys/fs/cgroup/unified');
      }
    });

    it('blanks and backslashes in a mount point', () => {
      const line = '41 31 0:38 / /mnt/my\\040own\\134cg rw - cgroup2 none rw';
      assert.equal(place(line), '/mnt/my own\\cg');
    });

    it('no cgroup v2', () => {
      assert.equal(place(V1), undefined);
    });

    it('a part of the tree bound elsewhere is not the tree', () => {
      const bound = '50 27 0:38 /system.slice /srv/cg rw - cgroup2 cgroup2 rw';
      assert.equal(place(bound), undefined);
      const whole = '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw';
      assert.equal(place(bound, whole), '/sys/fs/cgroup');
    });

    it('a container of the host’s cgroup namespace has a part of the tree, or all of it', () => {
      const docker = '50 27 0:38 /docker/0a1b /sys/fs/cgroup rw - cgroup2 cgroup rw';
      assert.equal(place(docker), '/sys/fs/cgroup');
      const above = '50 27 0:38 /../.. /host/cgroup rw - cgroup2 cgroup rw';
      assert.equal(place(docker, above), '/host/cgroup');
      assert.equal(
        place(above, '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'),
        '/sys/fs/cgroup',
      );
      const below = '51 27 0:38 /docker/0a1b/x /sys/fs/cgroup/unified rw - cgroup2 cgroup rw';
      assert.equal(place(V1, below), '/sys/fs/cgroup/unified');
    });

    it('a mount point that is no path is none: what walks upwards from it would find no end', () => {
      assert.equal(place('41 31 0:38 /  rw - cgroup2 cgroup2 rw'), undefined);
      assert.equal(place('41 31 0:38 / sys/fs/cgroup rw - cgroup2 cgroup2 rw'), undefined);
    });

    it('the BPF file system counts only at its place', () => {
      const at = (point: string) => parsed({ mounts: `42 23 0:39 / ${point} rw - bpf bpf rw` });
      assert.equal(at('/sys/fs/bpf').bpffs, true);
      assert.equal(at('/mnt/bpf').bpffs, false);
    });
  });

  describe('tools', () => {
    it('of other distributions', () => {
      const facts = parsed({
        clang: 'clang version 18.1.8 (Fedora 18.1.8-1.fc40)\nTarget: x86_64-redhat-linux-gnu',
        clangd: 'Ubuntu clangd version 18.1.3 (1ubuntu1)\nFeatures: linux',
        bpftool: '/usr/lib/linux-tools/6.8.0-45-generic/bpftool v7.4.0\nusing libbpf v1.4',
        netperf: 'Netperf version 2.7.1',
      });
      assert.deepEqual(
        [facts.clang, facts.clangd, facts.bpftool, facts.netperf],
        ['18.1.8', '18.1.3', '7.4.0', '2.7.1'],
      );
    });

    it("Ubuntu's bpftool wrapper without the kernel's tools is none", () => {
      const words = 'WARNING: bpftool not found for kernel 6.8.0-45\n\n  You may need to install';
      assert.equal(parsed({ bpftool: words }).bpftool, undefined);
      assert.deepEqual(parsed({ bpftool: words, there: 'clang\nbpftool' }).broken, {
        clang: '',
        bpftool: words,
      });
      assert.deepEqual(parsed({ bpftool: 'sh: 1: bpftool: not found', there: '' }).broken, {});
    });

    it('a bpftool that knows the kernel’s types, or not', () => {
      assert.ok(parsed({ types: 'yes' }).bpftoolReadsBtf);
      assert.ok(!parsed({ types: '' }).bpftoolReadsBtf);
    });

    it('a clang without the BPF target', () => {
      const targets = '  Registered Targets:\n    x86-64     - 64-bit X86';
      assert.equal(parsed({ targets }).clangTargetsBpf, false);
      assert.equal(parsed({ targets: `${targets}\n    bpfel - BPF` }).clangTargetsBpf, false);
      assert.equal(parsed({ targets: `${targets}\n    bpf   - BPF` }).clangTargetsBpf, true);
    });

    it('the JIT is on, off, or not to be read', () => {
      const jit = (text: string) => parsed({ jit: text }).jit;
      assert.deepEqual([jit('1'), jit('2'), jit('0'), jit('')], [true, true, false, undefined]);
    });
  });

  describe('other programs', () => {
    const program = (id: number, type: string, pinned?: string[]) => ({
      id,
      type,
      name: `p${id}`,
      tag: 'abc',
      gpl_compatible: true,
      ...(pinned && { pinned }),
    });
    const others = (text: string) => parsed({ programs: text }).otherPrograms;

    it('are those of the two types that are not pinned by us', () => {
      const list = [
        program(1, 'cgroup_skb'),
        program(2, 'sock_ops'),
        program(3, 'sk_msg', ['/sys/fs/bpf/cilium/x']),
        program(4, 'sock_ops', ['/sys/fs/bpf/sockmap-bypass/77/sockmap_sockops']),
        program(5, 'sk_msg', ['/sys/fs/bpf/sockmap-bypass-of-others/x']),
      ];
      assert.deepEqual(
        others(JSON.stringify(list))?.map(({ id }) => id),
        [2, 3, 5],
      );
    });

    it('are unknown where bpftool failed, refused or is too old to know a field', () => {
      assert.equal(others(''), undefined);
      assert.equal(
        others('{"error":"can\'t get next program: Operation not permitted"}'),
        undefined,
      );
      assert.deepEqual(others('[{"id":1,"type":"sk_msg"}]'), [
        { id: 1, type: 'sk_msg', name: '', tag: '', pinned: [] },
      ]);
    });
  });
});
