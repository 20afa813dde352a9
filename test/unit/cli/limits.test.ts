import assert from 'node:assert/strict';
import { contradiction } from '../../../src/cli/limits.ts';

describe('limits of a run that is resumed', () => {
  const none = {
    'queue-bound': undefined,
    'one-way-limit': undefined,
    'max-sockets': undefined,
    'local-network': [],
  };
  const begun = { localNetworks: ['10.0.0.0/8', '::1'], queueBound: 2 << 20, maxSockets: 32 };

  it('are not contradicted by none, by the same, or by the defaults where they were left out', () => {
    for (const given of [
      none,
      { ...none, 'queue-bound': 2, 'max-sockets': 32 },
      { ...none, 'one-way-limit': 256 },
      { ...none, 'local-network': ['::1', '10.0.0.0/8', '::1'] },
    ]) {
      assert.equal(contradiction(given, begun), undefined);
    }
  });

  it('are contradicted by others, and the option is named with what it was', () => {
    for (const [given, words] of [
      [{ ...none, 'queue-bound': 4 }, '--queue-bound: the run began with 2'],
      [{ ...none, 'one-way-limit': 255 }, '--one-way-limit: the run began with 256'],
      [{ ...none, 'max-sockets': 16 }, '--max-sockets: the run began with 32'],
      [
        { ...none, 'local-network': ['::1'] },
        '--local-network: the run began with 10.0.0.0/8, ::1',
      ],
    ] as const) {
      assert.equal(contradiction(given, begun), words);
    }
    const without = contradiction({ ...none, 'local-network': ['::1'] }, {});
    assert.equal(without, '--local-network: the run began with none');
  });
});
