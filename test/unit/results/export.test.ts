import assert from 'node:assert/strict';
import {
  figureCsv,
  pageMarkdown,
  reportMarkdown,
  samplesCsv,
} from '../../../src/results/export.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { documentOf, stream, trip } from './panelRuns.ts';

const rounds = [0, 1, 2];
const samples = rounds.flatMap((round) => [
  stream('tcp', round, 1e9),
  stream('bypass', round, 2e9, 64, { redirectedBytes: 10 }),
  trip('tcp', round, 50),
  trip('bypass', round, 40),
]);
const document = documentOf(samples);

/** Lines of cells; none of ours holds a line break. */
const read = (text: string): string[][] =>
  text
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));

describe('export', () => {
  it('writes every sample, in the document’s units', () => {
    const [head = [], ...rows] = read(samplesCsv(runsOf([document])));
    assert.equal(rows.length, samples.length);
    const first = Object.fromEntries(head.map((name, index) => [name, rows[1]?.[index]]));
    assert.equal(first['arm'], 'bypass');
    assert.equal(first['messageBytes'], '64');
    assert.equal(first['throughputBitsPerSecond'], '2000000000');
    assert.equal(first['redirectedBytes'], '10');
    assert.equal(first['p50Us'], '');
    const trips = rows.filter((row) => row[head.indexOf('experiment')] === 'latency');
    assert.deepEqual(
      trips.map((row) => row[head.indexOf('p50Us')]),
      ['50', '40', '50', '40', '50', '40'],
    );
  });

  it('names the topology in samples, points and report', () => {
    const one = documentOf(samples);
    const between = documentOf(samples, { plan: { ...one.plan, topology: 'namespaces' } });
    const runs = runsOf([one, between]);
    for (const text of [samplesCsv(runs), figureCsv(figuresOf(runs).fig2, runs)]) {
      const [head = [], ...rows] = read(text);
      // From the end: the labels of the runs have a comma.
      const place = head.indexOf('topology') - head.length;
      assert.deepEqual([...new Set(rows.map((row) => row.at(place)))], ['loopback', 'namespaces']);
    }
    const report = reportMarkdown(runs);
    assert.match(report, /^- Topology: one network namespace, over loopback$/m);
    assert.match(report, /^- Topology: two network namespaces, over veth pairs and a bridge$/m);
  });

  it('names the reach of the bypass, where the document says it', () => {
    const programs = { ...document.programs, reach: 'host' as const };
    const runs = runsOf([documentOf(samples, { programs })]);
    assert.match(reportMarkdown(runs), /^- Reach: between network namespaces, too$/m);
    for (const text of [samplesCsv(runs), figureCsv(figuresOf(runs).fig2, runs)]) {
      const [head = [], row = []] = read(text);
      assert.equal(row[head.indexOf('reach')], 'host');
    }
    assert.doesNotMatch(reportMarkdown(runsOf([document])), /Reach/);
  });

  it('writes the points of a figure', () => {
    const runs = runsOf([document]);
    const [head = [], ...rows] = read(figureCsv(figuresOf(runs).fig2, runs));
    const cells = rows.map((row) =>
      Object.fromEntries(row.map((cell, at): [string, string] => [head[at] ?? '', cell])),
    );
    assert.deepEqual(
      cells.map(({ bypassedPart }) => bypassedPart),
      // 10 bytes of 5 s at 2 Gbit/s.
      ['', '8e-9'],
    );
    assert.deepEqual(
      cells.map(({ arm, bytes, unit, count, median, ratioToAgainst, finding }) => [
        arm,
        bytes,
        unit,
        count,
        median,
        ratioToAgainst,
        finding,
      ]),
      [
        ['tcp', '64', 'Gbit/s', '3', '1', '', ''],
        ['bypass', '64', 'Gbit/s', '3', '2', '', 'mostly TCP'],
      ],
    );
  });

  it('writes one page by itself, with what it was measured on', () => {
    const page = pageMarkdown(runsOf([document]), 'fig4', 'p99');
    assert.match(page, /^## P99 latency by request and response size \(Fig\. 4\)\n\n/);
    assert.match(page, /^\| 64 B \| Bypass \| 3 \| 49 \|/m);
    assert.match(page, /^- Kernel: 6\.8\.0$/m);
    assert.equal(page.match(/^## /gm)?.length, 1);
  });

  it('keeps names of a hostile document from being formulas, columns or markup', () => {
    const name = '=cmd|"x",<script>[a](b)';
    const hostile = runsOf([documentOf(samples, { host: { ...document.host, name } })]);
    assert.match(samplesCsv(hostile), /\r\n"'=cmd\|""x"",<script>\[a\]\(b\)",/);
    const report = reportMarkdown(hostile);
    assert.ok(report.includes('=cmd\\|"x",\\<script\\>\\[a\\](b)'), report);
    assert.ok(!report.includes('<script>'));
  });

  it('reports the findings with the tables they are drawn from', () => {
    const report = reportMarkdown(runsOf([document]));
    assert.match(report, /^## Overview: /m);
    // Those that the run has: it has no TCP without Nagle's algorithm.
    const numbers = [...report.matchAll(/^## \S.* \(Fig\. (\d)\)$/gm)].map(([, number]) => number);
    assert.deepEqual(numbers, ['2', '4', '5', '6']);
    assert.match(reportMarkdown(runsOf([documentOf([])])), /^## Overview: /m);
    assert.match(report, /The bypass is faster on this host for requests and responses at 64 B/);
    assert.match(
      report,
      /^\| 64 B \| Bypass \| 3 \| 2\.000 \| – \| 2\.000 \| 2\.000 \| – \| – \| mostly TCP \|/m,
    );
    const demanding = samples.map((sample) => ({
      ...sample,
      serviceDemand: { client: 1, server: 2 },
    }));
    const told = reportMarkdown(runsOf([documentOf(demanding)]));
    assert.match(told, /\| Client demand, µs per KB \| Server demand, µs per KB \|/);
    assert.match(told, /\| Client demand, µs per transaction \|/);
    // Every row of a table has as many cells as its head.
    const tables = report
      .trimEnd()
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    assert.ok(tables.length >= 6);
    for (const table of tables) {
      const counts = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
      assert.equal(new Set(counts).size, 1, table);
    }
  });
});
