import assert from 'node:assert/strict';
import { coveredWords, noteWords } from '../../../src/bypass/loadWarning.ts';
import { hasReachToChoose, reachQuestion } from '../../../src/bypass/reachWords.ts';
import { outermost } from '../../../src/host/cgroups.ts';

const found = { count: 2, userOwned: 0, capped: false, canReachHost: true };

describe('the question about reach', () => {
  it('is asked where there is more than one network namespace', () => {
    assert.equal(hasReachToChoose({ ...found, count: 0 }), false);
    assert.equal(hasReachToChoose({ ...found, count: 1 }), false);
    assert.equal(hasReachToChoose(found), true);
    assert.equal(hasReachToChoose({ ...found, count: 1, capped: true }), true);
  });

  it('says what changes, and for whom it does not', () => {
    const { message, detail } = reachQuestion('web1', found);
    assert.match(message, /web1/);
    assert.match(detail, /are in 2 network namespaces/);
    for (const one of ['filters', 'network policies', 'traffic shaping', 'accounting', 'captures'])
      assert.ok(detail.includes(one), one);
    assert.match(detail, /still asked when a connection is made/);
    assert.doesNotMatch(detail, /rootless/);
    assert.match(
      reachQuestion('h', { ...found, userOwned: 1 }).detail,
      /One of them is .*rootless/,
    );
    assert.match(reachQuestion('h', { ...found, userOwned: 2 }).detail, /2 of them are .*rootless/);
    assert.match(reachQuestion('h', { ...found, capped: true }).detail, /at least 2/);
  });
});

describe('cgroups in others that are chosen, too', () => {
  it('are covered, and that is said', () => {
    const all = ['/g/a', '/g/a/b', '/g/ab', '/g/a', '/g/c'];
    const loaded = outermost(all);
    assert.deepEqual(loaded, ['/g/a', '/g/ab', '/g/c']);
    assert.match(coveredWords(all, loaded) ?? '', /^\/g\/a\/b is already covered by/);
    assert.match(coveredWords(['/g', ...all], ['/g']) ?? '', /^\/g\/a, \/g\/a\/b and 2 more are /);
    assert.equal(coveredWords(['/g/a', '/g/a'], ['/g/a']), undefined);
  });
});

describe('what a load could not do', () => {
  it('is said: addresses beyond the bound, and a reach that the programs do not know', () => {
    const status = { host: 'web1', attachments: [], namesakes: [] };
    assert.equal(noteWords(status), '');
    assert.equal(noteWords({ ...status, reachRefused: 'kernel' }), '');
    const both = noteWords({ ...status, addressesCapped: true, reachRefused: 'programs' });
    assert.match(both, /more addresses[^]*--local-network\)\. These programs know no reach/);
  });
});
