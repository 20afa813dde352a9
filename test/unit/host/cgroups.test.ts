import assert from 'node:assert/strict';
import { cgroupLabel, parseCgroups, resolveCgroup } from '../../../src/host/cgroups.ts';
import { HostError } from '../../../src/host/errors.ts';

const ID = '3f9a1c'.padEnd(64, '0d');
const OTHER = 'beef'.padEnd(64, '1a');
const NONE = { names: new Map<string, string>(), pods: new Map<string, string>() };

describe('the tree of cgroups', () => {
  const MOUNT = '/sys/fs/cgroup/unified';
  const lines = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([path, count]) => `${MOUNT}${path}/cgroup.procs:${count}\n`)
      .join('');

  it('counts the processes of each and of those below it', () => {
    const text = lines({
      '': 3,
      '/b.slice': 0,
      '/b.slice/deep': 0,
      '/b.slice/deep/er.service': 4,
      '/a.slice': 2,
      '/b.slice/x.service': 1,
    });
    const tree = parseCgroups(`/dev/null:0\n${text}`, MOUNT, NONE);
    assert.deepEqual(
      tree.map(({ path, processes }) => [path.slice(MOUNT.length), processes]),
      [
        ['', 10],
        ['/a.slice', 2],
        ['/b.slice', 5],
        ['/b.slice/deep', 4],
        ['/b.slice/deep/er.service', 4],
        ['/b.slice/x.service', 1],
      ],
    );
  });

  it('keeps siblings apart whose names begin alike', () => {
    const tree = parseCgroups(lines({ '': 0, '/app': 1, '/app2': 2, '/app/x': 4 }), MOUNT, NONE);
    assert.deepEqual(
      tree.map(({ processes }) => processes),
      [7, 5, 4, 2],
    );
  });

  it('reads names with colons, blanks and digits', () => {
    const text = lines({ '/a: 1': 1, '/b:2': 2, '/grüße': 3, '/cgroup.procs:9': 4 });
    assert.deepEqual(
      parseCgroups(text, MOUNT, NONE).map(({ path, processes }) => [path.slice(23), processes]),
      [
        ['a: 1', 1],
        ['b:2', 2],
        ['cgroup.procs:9', 4],
        ['grüße', 3],
      ],
    );
  });

  it('passes over what is no count', () => {
    const text = `grep: ${MOUNT}/t/cgroup.procs: Operation not supported\n7\n\n${MOUNT}/x:1\n`;
    assert.deepEqual(parseCgroups(text, MOUNT, NONE), []);
    assert.deepEqual(parseCgroups('', MOUNT, NONE), []);
  });
});

describe('the label of a cgroup', () => {
  const UID = '0a1b2c3d-1111-2222-3333-444455556666';
  const STATIC = '0a1b2c3d11112222333344445555aaaa';
  const CONTAINERS = {
    names: new Map([
      [ID, 'web · nginx:1.27'],
      ['default/cache', 'cache · redis:7'],
    ]),
    pods: new Map([[STATIC, 'kube-system/etcd-node1']]),
  };
  const CASES: [name: string, label: string | undefined][] = [
    ['system.slice/nginx.service', 'nginx.service'],
    ['user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
    ['system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
    ['system.slice/dev-disk-by\\x2duuid-12\\x2d34.swap', 'dev-disk-by-uuid-12-34.swap'],
    ['system.slice/my\\x2dapp\\x20x.service', 'my-app x.service'],
    [`system.slice/docker-${ID}.scope`, 'container web · nginx:1.27'],
    [`docker/${ID}`, 'container web · nginx:1.27'],
    [`docker/${OTHER}`, `container ${OTHER.slice(0, 12)}`],
    [`machine.slice/libpod-${ID}.scope`, 'container web · nginx:1.27'],
    [`machine.slice/libpod-conmon-${OTHER}.scope`, `monitor of container ${OTHER.slice(0, 12)}`],
    [`machine.slice/libpod-${ID}.scope/container`, 'in container web · nginx:1.27'],
    [`docker/${OTHER}/a/b`, `in container ${OTHER.slice(0, 12)}`],
    [`docker/${ID}/system.slice/x.service`, 'x.service'],
    [`system.slice/nerdctl-${ID}.scope`, 'container web · nginx:1.27'],
    ['default/cache', 'container cache · redis:7'],
    ['k8s.io/cache', undefined],
    [`kubepods.slice/x/cri-containerd-${ID}.scope`, 'container web · nginx:1.27'],
    [`kubepods.slice/x/crio-${ID}.scope`, 'container web · nginx:1.27'],
    [`k8s.io/kubepods-besteffort.slice:cri-containerd:${ID}`, 'container web · nginx:1.27'],
    ['kubepods.slice', 'kubepods.slice'],
    [`kubepods.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`, `pod ${UID}`],
    [`kubepods/burstable/pod${UID}`, `pod ${UID}`],
    [`kubepods.slice/kubepods-pod${STATIC}.slice`, 'pod kube-system/etcd-node1'],
    ['init.scope', 'init.scope'],
    ['a/plain-name', undefined],
    ['a/.service', undefined],
    ['abc.scope.old', undefined],
    [ID.slice(1), undefined],
  ];
  for (const [name, label] of CASES) {
    it(`${name.replaceAll(ID, 'ID').replaceAll(OTHER, 'OTHER')}: ${label ?? 'none'}`, () => {
      assert.equal(cgroupLabel(`/sys/fs/cgroup/${name}`, CONTAINERS), label);
    });
  }
});

describe('a cgroup a person names', () => {
  const MOUNT = '/sys/fs/cgroup';
  const resolve = (named: string): string => resolveCgroup('web1', MOUNT, named);

  it('is a full path or one from the root of the tree', () => {
    for (const named of [
      `${MOUNT}/a/b`,
      'a/b',
      '/a/b',
      'a/b/',
      '//a//b//',
      './a/./b',
      `${MOUNT}//a/b/.`,
    ]) {
      assert.equal(resolve(named), `${MOUNT}/a/b`, named);
    }
  });

  it('may be the root of the tree', () => {
    for (const named of [MOUNT, `${MOUNT}/`, '/', '.', './']) assert.equal(resolve(named), MOUNT);
  });

  it('keeps characters that mean something to shells', () => {
    for (const name of ["it's", '$(id)', 'a;b', '*', '-rf', 'a\\x2db', 'x y', 'grüße']) {
      assert.equal(resolve(name), `${MOUNT}/${name}`);
    }
  });

  it('is never outside of the tree', () => {
    for (const named of ['/etc/passwd', '/sys/fs/cgroup2/x', `${MOUNT}2/x`, '/sys/fs/bpf']) {
      assert.ok(resolve(named).startsWith(`${MOUNT}/`), named);
    }
  });

  for (const named of [
    '',
    ' ',
    '\t',
    '..',
    '../x',
    'a/../../x',
    `${MOUNT}/../bpf`,
    'a\0b',
    'a\nb',
    'a/..',
  ]) {
    it(`${JSON.stringify(named)} is refused`, () => {
      assert.throws(
        () => resolve(named),
        (error) =>
          error instanceof HostError &&
          error.problem.kind === 'input' &&
          error.problem.where === 'web1' &&
          error.problem.next.includes(MOUNT),
      );
    });
  }
});
