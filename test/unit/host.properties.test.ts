import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cgroupLabel, parseCgroups, resolveCgroup } from '../../src/host/cgroups.ts';
import { parseContainers, type Containers } from '../../src/host/containers.ts';
import { HostError } from '../../src/host/errors.ts';
import { parseFacts } from '../../src/host/facts.ts';
import { hostIssues } from '../../src/host/issues.ts';
import { parseSections } from '../../src/host/sections.ts';
import {
  assertPlain,
  changed,
  holds,
  longTextOf,
  orRefused,
  result,
  textOf,
} from './properties.ts';
import { BOUNDARY, recorded } from './recorded.ts';

const SECTIONS = [
  'kernel',
  'distribution',
  'cpus',
  'mounts',
  'btf',
  'jit',
  'clang',
  'targets',
  'clangd',
  'headers',
  'setpriv',
  'systemd',
  'flock',
  'bpftool',
  'netperf',
  'netserver',
  'programs',
  'end',
];
const WORDS = [
  ...SECTIONS.map((name) => `\n${BOUNDARY} ${name}\n`),
  'ID=',
  'ID_LIKE="',
  "PRETTY_NAME='",
  'NAME="a"\n',
  '"',
  "'",
  '\\040',
  '\\777',
  '\\',
  '/',
  '30 23 0:26 / ',
  '/sys/fs/cgroup ',
  'rw ',
  ' - ',
  'cgroup2 ',
  'bpf bpf rw',
  'shared:9 ',
  'clang version ',
  'clangd version ',
  '14.0.6',
  'bpftool v',
  '7.1',
  '.',
  'bpf ',
  '   bpf   - BPF',
  'Netperf version 2.7.0',
  'version ',
  '[{"id":1,"type":"sk_msg"',
  ',"pinned":["/sys"]}',
  '{}',
  ']',
];

describe('properties of what a host says of itself', () => {
  const check = (text: string) => {
    const facts = orRefused(() => parseFacts(text, BOUNDARY, 'root'));
    if (facts === undefined) return;
    assertPlain(facts);
    assert.ok(facts.cpus >= 1 && Number.isSafeInteger(facts.cpus));
    // Paths are worked on from it upwards.
    assert.match(facts.cgroupMount ?? '/', /^\//);
    assertPlain(hostIssues(facts));
  };
  holds('facts: of any words', textOf(WORDS), check);
  holds(
    'facts: of recorded words, changed',
    changed(recorded('facts/debian12-hybrid.txt'), WORDS),
    check,
  );
  holds('facts: of words without end', longTextOf(WORDS), check, 25);

  const name = fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,5})?$/);
  const body = fc.string({ unit: 'binary' }).filter((text) => !text.includes(BOUNDARY));
  holds('sections: come back as they were printed', fc.array(fc.tuple(name, body)), (all) => {
    const text = all.map(([title, words]) => `\n${BOUNDARY} ${title}\n${words}\n`).join('');
    const expected = all.map(([name, words]) => ({ name, text: words.replace(/^\n+|\n+$/g, '') }));
    assert.deepEqual(parseSections(text, BOUNDARY), expected);
  });
  holds(
    'sections: of words without end',
    longTextOf([`\n${BOUNDARY} `, '\n', BOUNDARY]),
    (text) => {
      assertPlain(orRefused(() => parseSections(text, BOUNDARY)));
    },
    25,
  );
});

const CGROUP_WORDS = [
  '/sys/fs/cgroup',
  '/',
  '/a',
  '/cgroup.procs:',
  '/cgroup.procs:1\n',
  ':',
  '\\x2d',
  '\\x',
  '.scope',
  '.service',
  '.slice',
  `docker-${'a1'.repeat(32)}`,
  `${'0f'.repeat(32)} name image\n`,
  ...['docker', 'podman', 'crictl', 'ctr a'].map((name) => `\n${BOUNDARY} ${name}\n`),
  '{"containers":[',
  `{"id":"${'0f'.repeat(32)}"`,
  ',"metadata":{"name":"',
  '"}',
  ']}',
  '    ',
  'pod',
  '-',
  '_',
  'kubepods-pod01234567_0123_0123_0123_0123456789ab.slice',
  '..',
  '.',
  '*',
  '\0',
];

const NONE: Containers = { names: new Map(), pods: new Map() };

describe('properties of cgroups', () => {
  const MOUNT = '/sys/fs/cgroup';
  const check = (text: string) => {
    const found = parseCgroups(text, MOUNT, parseContainers(text, BOUNDARY));
    assertPlain(found);
    for (const { processes } of found) assert.ok(processes >= 0);
  };
  holds('the tree: of any words', textOf(CGROUP_WORDS), check);
  holds('the tree: of words without end', longTextOf(CGROUP_WORDS), check, 25);
  holds('labels: of any name', textOf(CGROUP_WORDS), (path) => {
    assertPlain(cgroupLabel(path, parseContainers(path, BOUNDARY)));
  });
  holds(
    'the tree: is below any mount that facts may have',
    fc.tuple(textOf(CGROUP_WORDS), textOf(CGROUP_WORDS)),
    ([text, mount]) => {
      assertPlain(parseCgroups(text, `/${mount}`, NONE));
    },
  );

  const directory = fc
    .stringMatching(/^[\w.@: -]{1,12}$/)
    .filter((word) => !/^\.{1,2}$/.test(word));
  const tree = fc.uniqueArray(
    fc.array(directory, { minLength: 1, maxLength: 5 }).map((words) => words.join('/')),
  );
  holds(
    'the tree: every cgroup counts itself and those below',
    fc.array(fc.tuple(tree, fc.nat(1000))),
    (all) => {
      const own = new Map([
        [MOUNT, 0],
        ...all.flatMap(([paths, count]) =>
          paths.map((path) => [`${MOUNT}/${path}`, count] as const),
        ),
      ]);
      const text = Array.from(own, ([path, count]) => `${path}/cgroup.procs:${count}\n`).join('');
      const found = parseCgroups(text, MOUNT, NONE);
      assert.equal(found.length, own.size);
      for (const { path, processes } of found) {
        const below = Array.from(own).filter(
          ([other]) => other === path || other.startsWith(`${path}/`),
        );
        assert.equal(
          processes,
          below.reduce((sum, [, count]) => sum + count, 0),
        );
      }
    },
    25,
  );

  holds(
    'a name a person gives stays below the mount, or is refused',
    textOf(CGROUP_WORDS),
    (named) => {
      const path = result(
        () => resolveCgroup('h', MOUNT, named),
        (error) => error instanceof HostError,
      );
      if (path === undefined) return;
      assert.match(path, /^\/sys\/fs\/cgroup(?:\/[^/\0\n]+)*$/);
      assert.ok(!path.split('/').some((word) => word === '.' || word === '..'));
      assert.equal(resolveCgroup('h', MOUNT, path), path);
    },
  );
});
