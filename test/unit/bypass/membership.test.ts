import assert from 'node:assert/strict';
import { connectionsWords } from '../../../src/bypass/membership.ts';

describe('what is said of new connections of a bypass', () => {
  const config = { mode: 'guarded', reach: 'host', queueBound: 1, oneWayLimit: 1 } as const;

  it('follows its mode and its reach', () => {
    assert.match(connectionsWords({ ...config, mode: 'off' }), /switched off: all .* use TCP\/IP/);
    assert.match(
      connectionsWords({ ...config, reach: 'namespace' }),
      /within each network namespace; those from one to another use TCP\/IP/,
    );
    for (const plain of [config, undefined])
      assert.match(connectionsWords(plain), /its cgroups bypass TCP\/IP\.$/);
  });
});
