import assert from 'node:assert/strict';
import {
  hostList,
  likelyFirst,
  movedToFront,
  storedNames,
  type HostOrigin,
} from '../../../src/workspace/hostList.ts';

const SOURCES = {
  preferred: 'db1',
  worked: ['web2', 'db1'],
  asked: ['tpyo', 'web2'],
  configured: ['web1', 'web2', 'gateway'],
  hasLocal: true,
};

const names = (sources: typeof SOURCES): string[] => hostList(sources).map(({ name }) => name);

describe('the list of hosts', () => {
  it('has each host once, this machine first, those that never worked last', () => {
    assert.deepEqual(hostList(SOURCES), [
      { name: 'local', origin: 'local' },
      { name: 'db1', origin: 'settings' },
      { name: 'web2', origin: 'used' },
      { name: 'web1', origin: 'configured' },
      { name: 'gateway', origin: 'configured' },
      { name: 'tpyo', origin: 'failed' },
    ]);
  });

  it('offers this machine only where the extension runs on Linux', () => {
    const worked = ['local', 'web2'];
    assert.ok(!names({ ...SOURCES, worked, hasLocal: false }).includes('local'));
    assert.ok(!names({ ...SOURCES, preferred: 'local', hasLocal: false }).includes('local'));
  });

  it('leaves out what ssh would not take', () => {
    const odd = { ...SOURCES, preferred: '', asked: ['-oProxyCommand=x', 'a b', '$(id)'] };
    assert.deepEqual(names(odd), ['local', 'web2', 'db1', 'web1', 'gateway']);
  });

  it('offers what is likely wanted first, and what never worked last', () => {
    const order: HostOrigin[] = ['settings', 'used', 'configured', 'configured', 'local', 'failed'];
    assert.deepEqual(
      likelyFirst(hostList(SOURCES)).map(({ origin }) => origin),
      order,
    );
  });
});

describe('names that were stored', () => {
  it('are read from whatever is there', () => {
    for (const stored of [undefined, null, 7, 'web1', { 0: 'web1' }])
      assert.deepEqual(storedNames(stored, 5), []);
    const stored = ['web1', 7, null, '', 'web1', '-x', 'a;b', 'web2', 'web3'];
    assert.deepEqual(storedNames(stored, 5), ['web1', 'web2', 'web3']);
    assert.deepEqual(storedNames(stored, 2), ['web1', 'web2']);
  });

  it('have the last one at their front, once', () => {
    assert.deepEqual(movedToFront(['a', 'b', 'c'], 'b', 3), ['b', 'a', 'c']);
    assert.deepEqual(movedToFront(['a', 'b', 'c'], 'd', 3), ['d', 'a', 'b']);
  });
});
