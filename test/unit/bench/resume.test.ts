import assert from 'node:assert/strict';
import { limitsFault, resumeFault } from '../../../src/bench/resume.ts';
import { resultDocument } from '../results/documents.ts';

describe('going on with a run', () => {
  const cut = resultDocument();

  it('needs the host and the programs it was measured with', () => {
    assert.equal(resumeFault(cut, cut), undefined);
    // Unimportant facts may change, and the order of names says nothing.
    const host = { ...cut.host, distribution: 'Debian', clang: '19' };
    assert.equal(resumeFault(cut, { ...cut, host }), undefined);
  });

  const changes = [
    ['name', 'web2', /with host ann@web1, and here it is web2/],
    ['kernel', '6.9', /with kernel 6\.8\.0, and here it is 6\.9/],
    ['architecture', 'aarch64', /architecture x86_64/],
    ['cpus', 4, /number of CPUs 8, and here it is 4/],
    ['netperf', '2.8', /netperf 2\.7\.1/],
    ['cpuModel', 'EPYC', /with CPU model unknown, and here it is EPYC/],
  ] as const;
  for (const [fact, value, words] of changes) {
    it(`is refused with another ${fact}`, () => {
      const host = { ...cut.host, [fact]: value };
      assert.match(resumeFault(cut, { ...cut, host }) ?? '', words);
    });
  }

  it('is refused on another machine of the same name, where both ids are known', () => {
    const on = (machine?: string) => ({
      ...cut,
      host: { ...cut.host, ...(machine !== undefined && { machine }) },
    });
    assert.match(resumeFault(on('a'), on('b')) ?? '', /another machine that was called ann@web1/);
    for (const [before, after] of [
      ['a', 'a'],
      [undefined, 'a'],
      ['a', undefined],
    ]) {
      assert.equal(resumeFault(on(before), on(after)), undefined);
    }
  });

  it('is refused with programs of another reach, where it is known', () => {
    const as = (reach: 'namespace' | 'host') => ({ ...cut, programs: { ...cut.programs, reach } });
    assert.equal(resumeFault(cut, as('host')), undefined);
    assert.equal(resumeFault(as('host'), as('host')), undefined);
    assert.match(
      resumeFault(as('host'), as('namespace')) ?? '',
      /programs that are loaded are not/,
    );
    assert.match(resumeFault(as('host'), cut) ?? '', /programs that are loaded are not/);
  });

  it('is refused with other programs', () => {
    const tags = { ...cut.programs.tags, sockmap_sockops: 'def' };
    const other = { ...cut, programs: { ...cut.programs, tags } };
    assert.match(resumeFault(cut, other) ?? '', /programs that are loaded are not those/);
    const classic = { ...cut, programs: { ...cut.programs, policy: 'classic' as const } };
    assert.match(
      resumeFault(cut, classic) ?? '',
      /guarded policy loaded, now it is the classic one/,
    );
  });

  it('is refused where a bypass took the place of the one with its limits', () => {
    const own = { ...cut, limits: { queueBound: 1 << 20 } };
    assert.match(resumeFault(own, cut) ?? '', /a bypass is loaded on its cgroup/);
    assert.equal(resumeFault(own, own), undefined);
    assert.equal(resumeFault(cut, own), undefined, 'of an older document it is not known');
  });

  it('is refused with limits that no load takes', () => {
    assert.equal(limitsFault({}), undefined);
    assert.equal(limitsFault({ localNetworks: ['10.0.0.0/8'], queueBound: 1 << 20 }), undefined);
    for (const [limits, words] of [
      [{ queueBound: 1 }, /queueBoundMiB is not from 1 to 1024/],
      [{ oneWayLimit: 1e9 }, /oneWayLimit is not from 1 to 1000000/],
      [{ maxSockets: 1 }, /maxSockets is not from 16 to/],
      [{ localNetworks: ['::/0', 'key'] }, /name "key", which is not a network/],
    ] as const) {
      assert.match(limitsFault(limits) ?? '', words);
    }
  });
});
