import assert from 'node:assert/strict';
import { errorText, HostError, type Problem } from '../../../src/host/errors.ts';

const message = (problem: Partial<Problem>): string =>
  new HostError({
    kind: 'command',
    tried: 'load it',
    words: '',
    next: 'Try again.',
    ...problem,
  }).message;

describe('the message of a failure', () => {
  it('names what was tried, where, why, and what to do next', () => {
    assert.equal(
      message({ where: 'web1', words: 'no space left' }),
      'Could not load it on web1: no space left. Try again.',
    );
    assert.equal(
      message({ tried: 'connect', where: 'web1', words: 'refused' }),
      'Could not connect to web1: refused. Try again.',
    );
  });

  it('is not said twice where it begins the words of the tool', () => {
    const told = {
      tried: 'measure',
      where: 'web1',
      headline: 'its client failed',
      next: 'Mend it.',
    };
    const text = (words: string) => errorText(new HostError({ kind: 'command', ...told, words }));
    const first = 'Could not measure on web1: its client failed. Mend it.';
    assert.equal(text('its client failed\nno room\n'), `${first}\nno room`);
    assert.equal(text('no room'), `${first}\nno room`);
    assert.equal(text('its client failed'), first);
  });

  it('names no place where there is none', () => {
    assert.equal(
      message({ words: 'no folder is open' }),
      'Could not load it: no folder is open. Try again.',
    );
    assert.equal(message({ next: 'Open a .bpf.c file first.' }), 'Open a .bpf.c file first.');
  });
});
