import assert from 'node:assert/strict';
import { joinEnds, parseTracked } from '../../../src/assess/pairs.ts';
import { parseListening, parseSockets, type Socket } from '../../../src/assess/sockets.ts';

/** Lines of ss from iproute2 6.1; the second is of a cgroup with blanks in its name. */
const SS = `
0      0      127.0.0.1:60134 127.0.0.1:35271 timer:(keepalive,26sec,0) ino:56837937 sk:7567b0 cgroup:/ <-> cgroup:/ ts sack bbr wscale:10,10 rto:208 rtt:7.931/13.584 ato:40 mss:32768 pmtu:65535 cwnd:27 bytes_sent:17965 bytes_retrans:93 bytes_acked:17873 bytes_received:1731360 segs_out:501 segs_in:457 data_segs_out:290 data_segs_in:353 send 892433237bps lastsnd:4012 lastrcv:3916
1479970 2374584 [::ffff:127.0.0.1]:37157 [::ffff:127.0.0.1]:51778 timer:(on,184ms,0) ino:56972644 sk:75f734 cgroup:/a b bytes_acked:9 <-> cgroup:/a b bytes_acked:9 ts sack bytes_acked:7 bytes_received:8
0      0      [fe80::1]%eth0:22 [fe80::2]%eth0:50000 ino:0 sk:1
0      0      127.0.0.1%lo:22 127.0.0.1:50000 ino:9 sk:4
0 0 10.0.0.1:22 10.0.0.2:50000 ino:8 sk:3 cgroup:unreachable:1a2b <-> cgroup:unreachable:1a2b ts bytes_received:8
nonsense
0 0 1.2.3.4:99999 1.2.3.4:1 ino:1 sk:2`;

const socket = (
  namespace: string,
  [local, localPort]: [string, number],
  [remote, remotePort]: [string, number],
  [sent, received]: [number, number] = [0, 0],
): Socket => ({
  namespace,
  inode: 0,
  cookie: `${namespace}${local}${localPort}`,
  cgroup: '/',
  local: { address: local, port: localPort },
  remote: { address: remote, port: remotePort },
  sent,
  received,
  segmentsOut: 0,
  segmentsIn: 0,
  quietFor: 0,
  ulp: undefined,
});
const NONE = new Map<string, never>();
const listening = new Map([['1', new Set([80, 40_000])]]);

describe('sockets of a host', () => {
  it('are read from ss, whatever their cgroup is called', () => {
    const [first, second, third, bound, gone, ...rest] = parseSockets(SS, '1');
    assert.deepEqual(first, {
      namespace: '1',
      inode: 56837937,
      cookie: '7567b0',
      cgroup: '/',
      local: { address: '127.0.0.1', port: 60134 },
      remote: { address: '127.0.0.1', port: 35271 },
      sent: 17873,
      received: 1731360,
      segmentsOut: 290,
      segmentsIn: 353,
      quietFor: 4.012,
      ulp: undefined,
    });
    assert.equal(second?.cgroup, '/a b bytes_acked:9');
    assert.deepEqual([second.sent, second.received], [7, 8]);
    assert.equal(second.local.address, '127.0.0.1');
    assert.deepEqual(
      [third?.local.address, third?.cgroup, third?.inode],
      ['fe80::1', undefined, 0],
    );
    assert.equal(third?.remote.address, 'fe80::2');
    assert.equal(bound?.local.address, '127.0.0.1');
    assert.deepEqual([gone?.cgroup, gone?.received], [undefined, 8]);
    assert.deepEqual(rest, []);
  });

  it('know which ports are listened on', () => {
    const text = '0.0.0.0:80\n[::]:443\n*:8080\n127.0.0.1:*\n';
    assert.deepEqual(Array.from(parseListening(text)), [80, 443, 8080]);
  });
});

describe('both ends of a connection', () => {
  it('are found in one namespace, and the one that listened is the server', () => {
    const server = socket('1', ['10.0.0.1', 40_000], ['10.0.0.1', 999]);
    const client = socket('1', ['10.0.0.1', 999], ['10.0.0.1', 40_000]);
    assert.deepEqual(joinEnds([client, server], listening, NONE), [
      { server, client, by: 'addresses' },
    ]);
  });

  it('are not mixed up between namespaces with the same addresses', () => {
    const all = ['1', '2'].flatMap((namespace) => [
      socket(namespace, ['127.0.0.1', 80], ['127.0.0.1', 5000]),
      socket(namespace, ['127.0.0.1', 5000], ['127.0.0.1', 80]),
    ]);
    const pairs = joinEnds(all, listening, NONE);
    assert.equal(pairs.length, 2);
    assert.ok(pairs.every(({ server, client }) => server.namespace === client.namespace));
    // The ends of two connections between four namespaces could be each other's.
    const apart = all.map((one, index) => ({ ...one, namespace: String(index + 5) }));
    assert.deepEqual(joinEnds(apart, NONE, NONE), []);
  });

  it('are found through translated addresses by connection tracking', () => {
    const line =
      'ipv4     2 tcp      6 431999 ESTABLISHED src=10.77.1.2 dst=10.77.9.9 sport=5000 dport=80 src=10.77.1.3 dst=10.77.1.1 sport=6379 dport=6000 [ASSURED] mark=0 use=2';
    const plain =
      'tcp 6 9 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 ';
    const translated = parseTracked(`${line}\n${plain}\n`);
    assert.deepEqual(Array.from(translated), [
      ['10.77.1.2 5000 10.77.9.9 80', '10.77.1.3 6379 10.77.1.1 6000'],
    ]);
    const client = socket('1', ['10.77.1.2', 5000], ['10.77.9.9', 80]);
    const server = socket('2', ['10.77.1.3', 6379], ['10.77.1.1', 6000]);
    const [pair] = joinEnds([client, server], new Map([['2', new Set([6379])]]), translated);
    assert.deepEqual(pair, { server, client, by: 'connection tracking' });
  });

  it('are found through the kernel’s table, which has all zeros of IPv6', () => {
    const line =
      'ipv6     10 tcp      6 431999 ESTABLISHED src=fd77:0001:0000:0000:0000:0000:0000:0002 dst=fd77:0009:0000:0000:0000:0000:0000:0009 sport=5000 dport=80 src=fd77:0001:0000:0000:0000:0000:0000:0003 dst=fd77:0001:0000:0000:0000:0000:0000:0001 sport=6379 dport=6000 [ASSURED] mark=0 use=2';
    assert.deepEqual(Array.from(parseTracked(line)), [
      ['fd77:1::2 5000 fd77:9::9 80', 'fd77:1::3 6379 fd77:1::1 6000'],
    ]);
  });

  it('are looked for among the clients of a server that has many, who are elsewhere', () => {
    const remote = Array.from({ length: 60_000 }, (_, index) =>
      socket('1', ['10.0.0.1', 80], [`192.0.2.${index % 256}`, index >> 8]),
    );
    assert.deepEqual(joinEnds(remote, listening, NONE), []);
  });

  it('are found by who connects, or by what both have carried, where that is telling', () => {
    const client = socket('1', ['10.77.1.2', 5000], ['10.77.9.9', 80]);
    const server = socket('2', ['10.77.1.3', 80], ['10.77.1.2', 5000]);
    assert.equal(joinEnds([client, server], NONE, NONE)[0]?.by, 'client address');
    const masked = (bytes: [number, number]) =>
      socket('2', ['10.77.1.3', 80], ['10.77.1.1', 6000], bytes);
    const carried = socket('1', ['10.77.1.2', 5000], ['10.77.9.9', 80], [1000, 70]);
    assert.equal(joinEnds([carried, masked([70, 1000])], NONE, NONE)[0]?.by, 'bytes');
    assert.deepEqual(joinEnds([carried, masked([70, 999])], NONE, NONE), []);
    const little = socket('1', ['10.77.1.2', 5000], ['10.77.9.9', 80], [10, 7]);
    assert.deepEqual(joinEnds([little, masked([7, 10])], NONE, NONE), []);
  });
});
