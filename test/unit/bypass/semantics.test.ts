import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FAULTS, FAULT_PROBES, socketFaults } from '../../../src/bypass/faults.ts';
import {
  fionreadFault,
  FIONREAD_PROBES,
  pairSemantics,
  parseSemantics,
  type Observation,
  type SemanticRow,
} from '../../../src/bypass/semantics.ts';
import { parseSpliceReaders } from '../../../src/bypass/spliceReaders.ts';
import { loadWarning } from '../../../src/bypass/loadWarning.ts';
import { semanticsReport } from '../../../src/ui/semanticsReport.ts';

/* Output of the probe on Linux 6.18.44, x86-64: over plain TCP, classic and guarded. */

const TCP = `{"semantic": "waitall", "result": "full", "path": "tcp", "detail": "recv() waited for all 10 bytes"}
{"semantic": "waitall-early", "result": "full", "path": "tcp", "detail": "recv() waited for all 10 bytes"}
{"semantic": "early-order", "result": "in order", "path": "tcp", "detail": "bytes sent before accept() came first"}
{"semantic": "peek", "result": "kept", "path": "tcp", "detail": "what was peeked at was read again"}
{"semantic": "peek-messages", "result": "all", "path": "tcp", "detail": "MSG_PEEK saw both messages"}
{"semantic": "trunc", "result": "discards", "path": "tcp", "detail": "recv(NULL, MSG_TRUNC) discarded what it was asked to"}
{"semantic": "fionread", "result": "counted", "path": "tcp", "detail": "FIONREAD 5 with 5 bytes waiting"}
{"semantic": "fionread-early", "result": "counted", "path": "tcp", "detail": "FIONREAD 5 with 5 bytes waiting"}
{"semantic": "fionread-outside", "result": "counted", "path": "tcp", "detail": "FIONREAD 5 with 5 bytes waiting"}
{"semantic": "inq", "result": "counted", "path": "tcp", "detail": "TCP_INQ 6 with 6 bytes left"}
{"semantic": "lowat-poll", "result": "waits", "path": "tcp", "detail": "ready with 10 bytes and not before, SO_RCVLOWAT 10"}
{"semantic": "lowat-epoll", "result": "waits", "path": "tcp", "detail": "ready with 10 bytes and not before, SO_RCVLOWAT 10"}
{"semantic": "lowat-epoll-edge", "result": "waits", "path": "tcp", "detail": "ready with 10 bytes and not before, SO_RCVLOWAT 10"}
{"semantic": "edges", "result": "each", "path": "tcp", "detail": "every message woke an edge-triggered epoll"}
{"semantic": "edges-outside", "result": "each", "path": "tcp", "detail": "every message woke an edge-triggered epoll"}
{"semantic": "rdhup", "result": "both", "path": "tcp", "detail": "poll() after the peer closed with data waiting; then the data, then the end"}
{"semantic": "oob", "result": "separate", "path": "tcp", "detail": "POLLPRI, and MSG_OOB read the urgent byte"}
{"semantic": "half-close", "result": "works", "path": "tcp", "detail": "data, end, and data the other way"}
{"semantic": "close-unread", "result": "ECONNRESET", "path": "tcp", "detail": "recv() after the peer closed with 5 bytes unread"}
{"semantic": "linger", "result": "ECONNRESET", "path": "tcp", "detail": "recv() after the peer closed with SO_LINGER 0"}
{"semantic": "linger-waiting", "result": "data first", "path": "tcp", "detail": "5 bytes that were waiting when the reset came, then ECONNRESET"}
{"semantic": "reset-error", "result": "ECONNRESET", "path": "tcp", "detail": "SO_ERROR after a reset; getpeername(): ENOTCONN"}
{"semantic": "blocked-end", "result": "end", "path": "tcp", "detail": "recv() that slept when the peer closed"}
{"semantic": "blocked-reset", "result": "ECONNRESET", "path": "tcp", "detail": "recv() that slept when the peer reset"}
{"semantic": "blocked-shutdown", "result": "end", "path": "tcp", "detail": "recv() that slept when another thread called shutdown()"}
{"semantic": "rcvtimeo", "result": "EAGAIN", "path": "tcp", "detail": "recv() without data, SO_RCVTIMEO 100 ms"}
{"semantic": "signal", "result": "EINTR", "path": "tcp", "detail": "recv() interrupted by a signal, without SA_RESTART"}
{"semantic": "signal-restart", "result": "continues", "path": "tcp", "detail": "recv() interrupted by a signal, with SA_RESTART"}
{"semantic": "sendfile", "result": "intact", "path": "tcp", "detail": "64 KiB by sendfile()"}
{"semantic": "splice-send", "result": "intact", "path": "tcp", "detail": "64 KiB by splice() from a pipe"}
{"semantic": "splice-receive", "result": "intact", "path": "tcp", "detail": "splice() to a pipe took the 5 bytes that wait"}
{"semantic": "zerocopy", "result": "completes", "path": "tcp", "detail": "the completion of MSG_ZEROCOPY came"}
{"semantic": "mmsg", "result": "all", "path": "tcp", "detail": "3 messages sent and received with one call each"}
{"semantic": "iovecs", "result": "intact", "path": "tcp", "detail": "64 KiB by sendmsg() with 1024 iovecs"}
{"semantic": "tcp-info", "result": "counted", "path": "tcp", "detail": "TCP_INFO counted 1000 of 1000 bytes"}
{"semantic": "stalled", "result": "blocks", "path": "tcp", "detail": "a sender to a reader that does not read; at most 16 MiB waited and all bytes came"}
{"semantic": "tls", "result": "unavailable", "path": "none", "detail": "TLS in the kernel is not loaded"}
{"semantic": "tls-send", "result": "unavailable", "path": "none", "detail": "TLS in the kernel is not loaded"}
`;

const CLASSIC = `{"semantic": "waitall", "result": "short", "path": "bypass", "detail": "recv() of 10 bytes returned 5"}
{"semantic": "waitall-early", "result": "hangs", "path": "none", "detail": "no end within 10 s"}
{"semantic": "early-order", "result": "reordered", "path": "mixed", "detail": "bytes sent before accept() came after later ones"}
{"semantic": "peek", "result": "kept", "path": "bypass", "detail": "what was peeked at was read again"}
{"semantic": "peek-messages", "result": "all", "path": "bypass", "detail": "MSG_PEEK saw both messages"}
{"semantic": "trunc", "result": "EFAULT", "path": "bypass", "detail": "recv(NULL, MSG_TRUNC)"}
{"semantic": "fionread", "result": "counted", "path": "bypass", "detail": "FIONREAD 5 with 5 bytes waiting"}
{"semantic": "fionread-early", "result": "zero", "path": "tcp", "detail": "FIONREAD 0 with 5 bytes waiting"}
{"semantic": "fionread-outside", "result": "zero", "path": "tcp", "detail": "FIONREAD 0 with 5 bytes waiting"}
{"semantic": "inq", "result": "absent", "path": "bypass", "detail": "recvmsg() brought no TCP_INQ"}
{"semantic": "lowat-poll", "result": "early", "path": "bypass", "detail": "ready with 5 bytes, SO_RCVLOWAT 10"}
{"semantic": "lowat-epoll", "result": "early", "path": "bypass", "detail": "ready with 5 bytes, SO_RCVLOWAT 10"}
{"semantic": "lowat-epoll-edge", "result": "early", "path": "bypass", "detail": "ready with 5 bytes, SO_RCVLOWAT 10"}
{"semantic": "edges", "result": "each", "path": "bypass", "detail": "every message woke an edge-triggered epoll"}
{"semantic": "edges-outside", "result": "each", "path": "tcp", "detail": "every message woke an edge-triggered epoll"}
{"semantic": "rdhup", "result": "both", "path": "bypass", "detail": "poll() after the peer closed with data waiting; then the data, then the end"}
{"semantic": "oob", "result": "inline", "path": "bypass", "detail": "no POLLPRI, and MSG_OOB read the first byte of the stream"}
{"semantic": "half-close", "result": "works", "path": "bypass", "detail": "data, end, and data the other way"}
{"semantic": "close-unread", "result": "end", "path": "bypass", "detail": "recv() after the peer closed with 5 bytes unread"}
{"semantic": "linger", "result": "ECONNRESET", "path": "bypass", "detail": "recv() after the peer closed with SO_LINGER 0"}
{"semantic": "linger-waiting", "result": "data first", "path": "bypass", "detail": "5 bytes that were waiting when the reset came, then ECONNRESET"}
{"semantic": "reset-error", "result": "ECONNRESET", "path": "bypass", "detail": "SO_ERROR after a reset; getpeername(): ENOTCONN"}
{"semantic": "blocked-end", "result": "end", "path": "bypass", "detail": "recv() that slept when the peer closed"}
{"semantic": "blocked-reset", "result": "EAGAIN", "path": "bypass", "detail": "recv() that slept when the peer reset"}
{"semantic": "blocked-shutdown", "result": "EAGAIN", "path": "bypass", "detail": "recv() that slept when another thread called shutdown()"}
{"semantic": "rcvtimeo", "result": "EAGAIN", "path": "bypass", "detail": "recv() without data, SO_RCVTIMEO 100 ms"}
{"semantic": "signal", "result": "EAGAIN", "path": "bypass", "detail": "recv() interrupted by a signal, without SA_RESTART"}
{"semantic": "signal-restart", "result": "EAGAIN", "path": "bypass", "detail": "recv() interrupted by a signal, with SA_RESTART"}
{"semantic": "sendfile", "result": "intact", "path": "bypass", "detail": "64 KiB by sendfile()"}
{"semantic": "splice-send", "result": "intact", "path": "bypass", "detail": "64 KiB by splice() from a pipe"}
{"semantic": "splice-receive", "result": "EAGAIN", "path": "bypass", "detail": "splice() to a pipe found no data where 5 bytes wait"}
{"semantic": "zerocopy", "result": "silent", "path": "bypass", "detail": "no completion came: EAGAIN"}
{"semantic": "mmsg", "result": "all", "path": "bypass", "detail": "3 messages sent and received with one call each"}
{"semantic": "iovecs", "result": "intact", "path": "bypass", "detail": "64 KiB by sendmsg() with 1024 iovecs"}
{"semantic": "tcp-info", "result": "zero", "path": "bypass", "detail": "TCP_INFO counted 0 of 1000 bytes"}
{"semantic": "stalled", "result": "unbounded", "path": "bypass", "detail": "a sender to a reader that does not read; more than 16 MiB waited and all bytes came"}
{"semantic": "tls", "result": "unavailable", "path": "none", "detail": "TLS in the kernel is not loaded"}
{"semantic": "tls-send", "result": "unavailable", "path": "none", "detail": "TLS in the kernel is not loaded"}
`;

/** The guarded bypass differs from the classic one in these. */
const GUARDED = CLASSIC.replace(
  /"result": "hangs", "path": "none", "detail": "no end within 10 s"/,
  '"result": "full", "path": "tcp", "detail": "recv() waited for all 10 bytes"',
)
  .replace(
    /"result": "reordered", "path": "mixed", "detail": "[^"]*"/,
    '"result": "in order", "path": "tcp", "detail": "bytes sent before accept() came first"',
  )
  .replace(/"result": "unbounded", "path": "bypass"/, '"result": "blocks", "path": "mixed"');

describe('socket semantics', () => {
  const tcp = parseSemantics(TCP);
  const classic = parseSemantics(CLASSIC);
  const guarded = parseSemantics(GUARDED);

  const differing = (rows: ReturnType<typeof pairSemantics>): string[] =>
    rows.filter(({ differs }) => differs).map(({ semantic }) => semantic);

  it('are read from the output of the probe', () => {
    assert.equal(tcp.length, TCP.trim().split('\n').length);
    assert.deepEqual(tcp[0], {
      semantic: 'waitall',
      result: 'full',
      path: 'tcp',
      detail: 'recv() waited for all 10 bytes',
    });
    assert.equal(classic.length, tcp.length);
  });

  it('pass over what else a host prints', () => {
    const text = `Welcome!\n\n{"semantic": "peek"}\n{"semantic": "peek", "result": 1}\nnull\n[]\n${TCP}{"sema`;
    assert.deepEqual(parseSemantics(text), tcp);
    assert.deepEqual(parseSemantics(''), []);
  });

  it('do not differ between two runs over TCP', () => {
    assert.deepEqual(differing(pairSemantics(tcp, tcp)), []);
  });

  it('differ on the classic bypass', () => {
    assert.deepEqual(differing(pairSemantics(tcp, classic)), [
      'waitall',
      'waitall-early',
      'early-order',
      'trunc',
      'fionread-early',
      'fionread-outside',
      'inq',
      'lowat-poll',
      'lowat-epoll',
      'lowat-epoll-edge',
      'oob',
      'close-unread',
      'blocked-reset',
      'blocked-shutdown',
      'signal',
      'signal-restart',
      'splice-receive',
      'zerocopy',
      'tcp-info',
      'stalled',
    ]);
  });

  it('differ less on the guarded one', () => {
    const rows = differing(pairSemantics(tcp, guarded));
    for (const semantic of ['waitall-early', 'early-order', 'stalled']) {
      assert.ok(!rows.includes(semantic), semantic);
    }
  });

  it('become rows with both outcomes, a title and whom it concerns', () => {
    const rows = pairSemantics(tcp, classic);
    assert.deepEqual(
      rows.find(({ semantic }) => semantic === 'fionread-outside'),
      {
        semantic: 'fionread-outside',
        title: 'FIONREAD, peer not on the bypass',
        tcp: 'counted',
        bypass: 'zero',
        differs: true,
        told: true,
        detail: 'FIONREAD 0 with 5 bytes waiting',
        path: 'tcp',
        affected: ['nginx', 'Java NIO', '.NET'],
      },
    );
    for (const { semantic, title } of rows) assert.notEqual(title, semantic);
    assert.equal(new Set(rows.map(({ title }) => title)).size, rows.length);
  });

  it('say nothing about the kernel where a probe failed', () => {
    const one = (result: string, detail: string): Observation => ({
      semantic: 'fionread',
      result,
      path: 'none',
      detail,
    });
    const [counted, failed] = [one('counted', 'FIONREAD 5'), one('failed', 'fork(): EAGAIN')];
    const [hangs, skipped] = [one('hangs', 'no end within 10 s'), one('skipped', 'no cgroup')];
    for (const pair of [
      [counted, failed] as const,
      [failed, counted] as const,
      [counted, skipped] as const,
      [hangs, counted] as const,
      [failed, failed] as const,
    ]) {
      const [row = assert.fail()] = pairSemantics([pair[0]], [pair[1]]);
      assert.deepEqual([row.told, row.differs], [false, false]);
      assert.equal(row.detail, pair.find(({ result }) => result !== 'counted')?.detail);
      const report = semanticsReport('web1', 'guarded', [row]);
      assert.match(report, /0 of 1 differ, 1 could not be measured\./);
      assert.match(report, /## What could not be measured[^]*\| FIONREAD/);
      assert.doesNotMatch(report, /## What differs|## What is the same/);
    }
    // Over the bypass alone it is what programs would see.
    const [row = assert.fail()] = pairSemantics([counted], [hangs]);
    assert.deepEqual([row.told, row.differs], [true, true]);
  });

  it('are paired by name, whatever the order, and only where both runs have them', () => {
    const rows = pairSemantics(tcp.slice(0, 3), classic.slice(1, 5).reverse());
    assert.deepEqual(
      rows.map(({ semantic }) => semantic),
      ['waitall-early', 'early-order'],
    );
  });

  it('show one the probe has and we do not know by its own name', () => {
    const unknown = { semantic: 'new', result: 'a', path: 'none', detail: '' } as const;
    assert.deepEqual(
      pairSemantics([unknown], [unknown]).map(({ title, affected }) => ({ title, affected })),
      [{ title: 'new', affected: [] }],
    );
  });

  describe('the FIONREAD fault', () => {
    const withResult = (result: string) =>
      pairSemantics(
        tcp,
        classic.map((one) =>
          ['fionread-early', 'fionread-outside'].includes(one.semantic) ? { ...one, result } : one,
        ),
      );

    it('is there when waiting data reads as 0', () => {
      assert.ok(fionreadFault(pairSemantics(tcp, classic)));
      assert.ok(fionreadFault(pairSemantics(tcp, guarded)));
    });

    it('is not there on a kernel that counts, nor when nobody could look', () => {
      assert.ok(!fionreadFault(withResult('counted')));
      assert.ok(!fionreadFault(withResult('skipped')));
      assert.ok(!fionreadFault(pairSemantics(tcp, tcp)));
      assert.ok(!fionreadFault([]));
    });

    it('is not 0 for data that took the bypass, which older kernels do not count', () => {
      const older = classic.map((one) =>
        FIONREAD_PROBES.includes(one.semantic)
          ? { ...one, result: one.semantic === 'fionread' ? 'zero' : 'counted' }
          : one,
      );
      assert.ok(!fionreadFault(pairSemantics(tcp, older)));
      assert.ok(socketFaults(pairSemantics(tcp, older)).faults.includes('fionread'));
      assert.ok(!socketFaults(pairSemantics(tcp, classic)).faults.includes('fionread'));
    });
  });

  /** As the probe that shows a fault would be reported, over TCP and the bypass. */
  const row = (semantic: string, tcpResult: string, bypass: string): SemanticRow => ({
    semantic,
    title: semantic,
    tcp: tcpResult,
    bypass,
    differs: tcpResult !== bypass,
    told: true,
    detail: '',
    path: 'bypass',
    affected: [],
  });

  describe('the list of faults', () => {
    it('is known by what the probes show, each by any of its probes', () => {
      for (const { id, shown } of FAULTS) {
        for (const { probe, tcp: promised, bypass } of shown) {
          for (const result of bypass) {
            assert.deepEqual(socketFaults([row(probe, promised, result)]).faults, [id], probe);
          }
          assert.deepEqual(socketFaults([row(probe, promised, promised)]).faults, [], probe);
          assert.deepEqual(socketFaults([row(probe, 'failed', 'failed')]).faults, [], probe);
        }
      }
      assert.equal(new Set(FAULT_PROBES).size, FAULT_PROBES.length);
    });

    it('is of probes that semantics.c has', () => {
      const source = fs.readFileSync(
        path.join(import.meta.dirname, '../../../bpf/tools/semantics.c'),
        'utf8',
      );
      for (const probe of FAULT_PROBES) assert.ok(source.includes(`{"${probe}", probe_`), probe);
    });

    it('is in bpf/README.md, each fault of it', () => {
      const readme = fs
        .readFileSync(path.join(import.meta.dirname, '../../../bpf/README.md'), 'utf8')
        .replace(/\s+/g, ' ');
      for (const { id, readme: words } of FAULTS) assert.ok(readme.includes(words), id);
    });

    it('is in the report, each fault that was seen and no other', () => {
      for (const { shown, wrong } of FAULTS) {
        const [{ probe, tcp: promised, bypass } = { probe: '', tcp: '', bypass: [''] }] = shown;
        const plain = (text: string): string => text.replaceAll('\\', '');
        const report = plain(
          semanticsReport('host', 'guarded', [row(probe, promised, bypass[0] ?? '')]),
        );
        const named = FAULTS.filter((one) => report.includes(one.wrong));
        assert.deepEqual(
          named.map((one) => one.wrong),
          [wrong],
        );
      }
    });
  });

  describe('the warning before a load', () => {
    const warned = (rows: readonly SemanticRow[], running = '') =>
      loadWarning('6.18.44', socketFaults(rows).faults, parseSpliceReaders(running));
    const counting = classic.map((one) =>
      FIONREAD_PROBES.includes(one.semantic) ? { ...one, result: 'counted' } : one,
    );

    it('asks where programs would stall, names them, and names the other faults too', () => {
      const warning = warned(pairSemantics(tcp, classic));
      assert.ok(warning?.grave);
      assert.match(
        warning.message,
        /^On Linux 6\.18\.44: FIONREAD wrongly returns 0 while data is waiting/,
      );
      assert.match(
        warning.detail,
        /may stall: [^.]*such as nginx, Java NIO, \.NET\. [^]*splice\(\)[^]*recv\(\)[^]*EAGAIN/,
      );
    });

    it('asks as gravely where only splice() finds no data, and names what runs and reads so', () => {
      const warning = warned(
        pairSemantics(tcp, counting),
        '12 go proxy\n13 go proxy\n14 haproxy haproxy\n',
      );
      assert.ok(warning?.grave);
      assert.match(warning.message, /splice\(\)/);
      assert.match(
        warning.detail,
        /^Running in this cgroup[^\n]*: proxy \(in Go\), process 13; haproxy \(HAProxy\), process 14\./,
      );
      assert.match(warning.detail, /stall: proxies in Go \(io\.Copy\), HAProxy/);
      assert.doesNotMatch(warning.detail, /FIONREAD/);
    });

    it('takes nothing but harmless characters and five names from the processes of a host', () => {
      const hostile = '1 go [x](command:y)\n2 go \u202ename\n3 other name\n4 go\n5 go a b\n';
      assert.deepEqual(parseSpliceReaders(hostile), []);
      const many = Array.from({ length: 9 }, (_, i) => `${i} go n${i}\n`).join('');
      const { detail = '' } = warned([row('splice-receive', 'intact', 'EAGAIN')], many) ?? {};
      assert.match(detail, /n4 \(in Go\), process 4; and 4 more\./);
      assert.doesNotMatch(detail, /n5/);
    });

    it('only informs where nothing stalls and a woken recv() fails', () => {
      const warning = warned([row('signal-restart', 'continues', 'EAGAIN')]);
      assert.equal(warning?.grave, false);
      assert.match(warning.message, /recv\(\).* EAGAIN/);
    });

    it('is of a verdict that is certain only when every probe came to an end', () => {
      const whole = FAULT_PROBES.map((semantic) => row(semantic, 'counted', 'zero'));
      assert.ok(socketFaults(whole).certain);
      for (const result of ['hangs', 'failed', 'skipped']) {
        const hung = whole.map((one, index) => (index === 1 ? { ...one, bypass: result } : one));
        assert.ok(!socketFaults(hung).certain);
      }
      assert.ok(!socketFaults(whole.slice(1)).certain);
      assert.ok(!socketFaults([]).certain);
    });

    it('is not there when nothing is wrong, nor when nobody could look', () => {
      assert.equal(warned(pairSemantics(tcp, tcp)), undefined);
      assert.equal(warned([]), undefined);
    });
  });
});
