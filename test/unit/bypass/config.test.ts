import assert from 'node:assert/strict';
import { configValue, parsePrefix, setupBatch } from '../../../src/bypass/config.ts';

describe('local networks', () => {
  it('are IPv6, IPv4 as its mapped form', () => {
    assert.deepEqual(parsePrefix('10.1.2.3'), {
      length: 128,
      address: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3],
    });
    assert.equal(parsePrefix('10.0.0.0/8').length, 104);
    assert.equal(parsePrefix('0.0.0.0/0').length, 96);
    assert.equal(parsePrefix('fd00::/8').length, 8);
    assert.deepEqual(parsePrefix('fd00::2').address, [0xfd, ...Array<number>(14).fill(0), 2]);
  });

  it('are refused when they are none', () => {
    for (const text of [
      '',
      '10.0.0.0/33',
      'fd00::/129',
      '10.0.0',
      'web1',
      '10.0.0.1; reboot',
      '::g',
    ]) {
      assert.throws(() => parsePrefix(text), /is not an address or a network/, text);
    }
  });

  it('cannot smuggle a line into the batch', () => {
    assert.throws(() => setupBatch('x86_64', { localNetworks: ['127.0.0.1\nprog show'] }));
  });
});

describe('the configuration of the guarded program', () => {
  it('is all zero by default', () => {
    assert.equal(configValue('x86_64', 'guarded'), Array(24).fill('00').join(' '));
  });

  it("has the host's byte order", () => {
    const limits = { oneWayLimit: 0x102, queueBound: 2 ** 32 + 3 };
    assert.equal(
      configValue('aarch64', 'off', limits),
      '01 00 00 00 02 01 00 00 00 00 00 00 00 00 00 00 03 00 00 00 01 00 00 00',
    );
    assert.equal(
      configValue('s390x', 'off', limits),
      '00 00 00 01 00 00 01 02 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 03',
    );
  });

  it('is one batch with the networks', () => {
    const lines = setupBatch('x86_64', { localNetworks: ['10.0.0.1', 'fd00::/8'] }).split('\n');
    assert.deepEqual(
      lines.map((line) => line.slice(0, 72)),
      [
        'map update pinned @PINS@/bypass_config key hex 00 00 00 00 value hex 00 ',
        'map update pinned @PINS@/bypass_local key hex 80 00 00 00 00 00 00 00 00',
        'map update pinned @PINS@/bypass_local key hex 08 00 00 00 fd 00 00 00 00',
        '',
      ],
    );
  });
});
