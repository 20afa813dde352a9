import assert from 'node:assert/strict';
import { parseTraffic } from '../../src/assess/traffic.ts';
import { assessmentMarkdown, assessmentReport } from '../../src/assess/report.ts';
import { verdictOn } from '../../src/assess/verdict.ts';
import { assertPlain, changed, holds, INHERITED, longTextOf, textOf } from './properties.ts';
import { BOUNDARY, recorded } from './recorded.ts';

const RECORDED = recorded('assess/two-ends.txt');
const WORDS = [
  ...[
    'places',
    'uptime 1',
    'uptime 2',
    'sockets 1 1',
    'sockets 2 1',
    'listening 1',
    'tracked 1',
  ].map((name) => `\n${BOUNDARY} ${name}\n`),
  '0 0 127.0.0.1:80 127.0.0.1:5000 ino:7 sk:1 cgroup:/a <-> cgroup:/a ts\n',
  'more\n',
  '1 2\n',
  ' bytes_acked:',
  ' cgroup:',
  ' sk:',
  ' <-> ',
  '[::1]:1',
  ' 99999999999999999',
  '\n',
  ...INHERITED,
];

describe('the traffic of a host', () => {
  it('is read of what a host says', () => {
    const { flows, seconds, sockets, localSockets, namespaces } = parseTraffic(RECORDED, BOUNDARY);
    assert.deepEqual([sockets, localSockets, namespaces], [2, 2, 1]);
    assert.ok(Math.abs(seconds - 1.09) < 0.01);
    const flow = flows[0]?.flow;
    assert.equal(flow?.server.port, 37_069);
    assert.equal(flow.server.process, 'python3');
    assert.equal(flow.shape, 'request-response');
    // A message of 100 bytes, and an answer of 20.
    assert.ok(Math.abs(flow.bytesToServer / flow.segmentsToServer - 100) < 1);
    assert.ok(Math.abs(flow.bytesToClient / flow.segmentsToClient - 20) < 1);
  });
});

describe('properties of the traffic of a host', () => {
  const check = (text: string) => {
    const { flows: found, ...traffic } = parseTraffic(text, BOUNDARY);
    const { seconds } = traffic;
    const flows = found.map(({ flow }) => flow);
    const evidence = {
      mount: '',
      seconds,
      relies: [],
      faults: undefined,
      isTraced: false,
      documents: [],
    };
    const verdict = verdictOn(flows, evidence);
    const assessment = { host: 'web1', ...traffic, flows, relies: [], notLookedAt: [], verdict };
    assertPlain(assessment);
    for (const words of [assessmentReport(assessment), assessmentMarkdown(assessment)])
      assert.doesNotMatch(words, /\bNaN\b|\bundefined\b|\bInfinity\b/);
  };
  holds('of any words', textOf(WORDS), check);
  holds('recorded ones, changed', changed(RECORDED, WORDS), check);
  holds('of words without end', longTextOf(WORDS), check, 3);
});
