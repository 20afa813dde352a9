import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  assertFigures,
  assertKept,
  FAMILIES,
  find,
  hazards,
  HAZARDS,
  UNCOUNTED,
  type Expected,
  type Figures,
} from '../harness/host/hazards.ts';
import { skip } from '../harness/skip.ts';
import { temporaryDirectory } from '../harness/temporary.ts';

/** The hazards in which it matters whether the kernel counts: how full a queue is, and what comes back from TCP. */
const OF_QUEUES = ['reorder', 'stall', 'oneway'];

describe('the hazards of a bypass', function () {
  this.timeout(300_000);
  describe('are not those of the guarded programs:', () => {
    for (const hazard of HAZARDS) it(hazard.title, () => assertKept(hazard));
  });

  describe('nor where the kernel does not count redirected bytes:', () => {
    for (const hazard of HAZARDS) {
      if (!OF_QUEUES.includes(hazard.name)) continue;
      it(hazard.title, () => assertKept(hazard, { env: UNCOUNTED }));
    }
  });

  describe('leave Multipath TCP alone, whose sockets belong to the kernel:', () => {
    const bypassed: Figures = { socketsAdded: 2, redirectedMessages: 10 };
    const alone: Figures = { redirectedMessages: 0 };
    const [major = 0, minor = 0] = os.release().split('.').map(Number);
    const knows = major > 6 || (major === 6 && minor >= 18);
    for (const [title, flag, fallenBack] of [
      ['but not what it accepts from a TCP client', undefined, knows ? bypassed : alone],
      ['and that too where accept() would mistake it', '-DACCEPT_KNOWS_SOCKMAP=0', alone],
    ] as const) {
      it(title, async function () {
        const outcome = await hazards('guarded', 'mptcp', {
          ...(flag !== undefined && { env: { CLANG_FLAGS: flag } }),
        });
        if (outcome.cases.some(({ answered }) => answered === 'unknown'))
          skip(this, 'a kernel with Multipath TCP');
        for (const family of FAMILIES) {
          for (const [test, figures] of Object.entries({
            'mptcp-to-tcp': fallenBack,
            'tcp-to-mptcp': alone,
            'mptcp-to-mptcp': alone,
          })) {
            const [found = {}] = find(outcome, test, family);
            assertFigures(found, { ...figures, answered: 'ok', ok: true }, outcome.output);
          }
        }
        assert.equal(outcome.code, 0, outcome.output);
      });
    }
  });

  // They bypass nothing but IPv4, so with the other families there is nothing to see.
  describe('show on the classic programs with IPv4:', () => {
    for (const { title, name, shows } of HAZARDS) {
      if (shows === undefined) continue;
      it(title.replace(/:.*/, ''), async function () {
        if (name === 'reorder' && os.cpus().length < 2)
          skip(this, 'bytes are reordered when two CPUs deliver them, and there is one');
        const outcome = await hazards('classic', name, {
          env: { FAMILIES: 'ipv4', STALL_BYTES: '65536' },
        });
        for (const [test, figures] of Object.entries(shows)) {
          const [found] = find(outcome, test, 'ipv4');
          assertFigures(found ?? {}, { ...figures, ok: false }, outcome.output);
        }
        assert.equal(outcome.code, Object.keys(shows).length, outcome.output);
      });
    }

    it('hazard 5, families: IPv4 alone is bypassed', async () => {
      const outcome = await hazards('classic', 'families');
      for (const family of FAMILIES) {
        const [found] = find(outcome, 'families', family);
        const bytesOverLo: Expected = family === 'ipv4' ? [0, 999] : [20_000, Infinity];
        assertFigures(found ?? {}, { bytesOverLo, ok: family === 'ipv4' }, outcome.output);
      }
      assert.equal(outcome.code, 2, outcome.output);
    });
  });

  describe('are not taken for absent when they were not looked at:', () => {
    it('a program that does not compile', async () => {
      const broken = temporaryDirectory({ clang: '#!/bin/sh\necho no such thing >&2\nexit 1\n' });
      try {
        fs.chmodSync(path.join(broken.path, 'clang'), 0o755);
        const env = { PATH: `${broken.path}:${process.env['PATH'] ?? ''}` };
        const { cases, code, output } = await hazards('guarded', 'leak', { env });
        assert.deepEqual({ cases, code }, { cases: [], code: 2 }, output);
        assert.match(output, /no such thing/);
      } finally {
        await broken.remove();
      }
    });

    it('a hazard that is none', async () => {
      const { cases, code, output } = await hazards('guarded', 'tedium');
      assert.deepEqual({ cases, code }, { cases: [], code: 2 }, output);
    });

    it('a run that is ended midway, which leaves nothing either', async () => {
      const { cases, code, output } = await hazards('guarded', 'stall', { seconds: 5 });
      assert.equal(code, 124, output);
      assert.ok(cases.length < 12, output);
    });
  });
});
