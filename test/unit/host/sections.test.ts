import assert from 'node:assert/strict';
import { execaSync } from 'execa';
import { withFunctions } from '../../../src/host/hostScript.ts';
import { newBoundary, parseSections } from '../../../src/host/sections.ts';

describe('sections of a script', () => {
  it('are read back as sh wrote them', () => {
    const boundary = newBoundary();
    const script = withFunctions(`b=$1; shift
section one; printf 'a\\nb'
section empty
section "with blank"; printf '%s\\n' "$1"
section end`);
    const { stdout } = execaSync('sh', ['-c', script, 'sh', boundary, 'kept'], {
      stripFinalNewline: false,
    });
    assert.deepEqual(parseSections(stdout, boundary), [
      { name: 'one', text: 'a\nb' },
      { name: 'empty', text: '' },
      { name: 'with blank', text: 'kept' },
      { name: 'end', text: '' },
    ]);
  });

  it('cannot be forged by output that does not know the boundary', () => {
    const text = '\n==real one\n==fake two\ntext\n\n==real end\n';
    assert.deepEqual(
      parseSections(text, '==real').map(({ name }) => name),
      ['one', 'end'],
    );
  });

  it('of output that was cut off are those that came', () => {
    assert.deepEqual(parseSections('', '==b'), []);
    assert.deepEqual(parseSections('\n==b one\nhalf', '==b'), [{ name: 'one', text: 'half' }]);
  });

  it('have another boundary each time', () => {
    assert.notEqual(newBoundary(), newBoundary());
  });
});
