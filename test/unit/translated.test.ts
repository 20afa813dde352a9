import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { briefly, errorText, HostError } from '../../src/host/errors.ts';
import { classify } from '../../src/host/sshWords.ts';
import { parseDocument } from '../../src/results/document.ts';
import { findingsOf } from '../../src/results/findings.ts';
import { figuresOf } from '../../src/results/figures.ts';
import { runsOf } from '../../src/results/runs.ts';
import { findingText } from '../../src/results/words/findingTexts.ts';
import { pointText } from '../../src/results/words/pointTexts.ts';
import { tableOf } from '../../src/results/pointsTable.ts';
import { groupCounters, COUNTER_GROUPS } from '../../src/bypass/counterReport.ts';
import { FAULTS } from '../../src/bypass/faults.ts';
import { KNOWN_SEMANTICS, pairSemantics } from '../../src/bypass/semantics.ts';
import { CATALOGUE, explain, explainCompiler } from '../../src/verifier/catalogue.ts';
import { COMPILER } from '../../src/verifier/catalogue/compiler.ts';
import { TABLES } from '../../scripts/l10n/tables.ts';

/** Words outside of all sentences that were translated, without what a tool said. */
const untranslated = (text: string): string[] => {
  let rest = text;
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(/⟦[^⟦⟧]*⟧/g, '');
  }
  return rest.match(/\p{L}{2,}/gu) ?? [];
};

describe('in another language', () => {
  /** Sentences that were asked for. */
  const asked = new Set<string>();
  before(() => {
    const get = (_: object, key: string | symbol): string => {
      asked.add(String(key));
      return `⟦${String(key)}⟧`;
    };
    l10n.config({ contents: new Proxy({}, { get }) });
  });
  after(() => {
    l10n.config({ contents: {} });
  });

  it('all of a failure is translated but the words of the host', () => {
    const problem = {
      ...classify('ssh: connect to host web1 port 22: Connection timed out', '10.0.0.1', 'connect'),
      headline: '1',
      remedy: '-',
    };
    const error = new HostError(problem);
    assert.match(errorText(error), /⟦On 10\.0\.0\.1: -⟧$/);
    for (const text of [briefly(problem), error.message]) {
      assert.match(text, /^⟦Could not connect to 10\.0\.0\.1⟧: 1\. ⟦Check that/);
      assert.deepEqual(untranslated(text), []);
    }
    const { message } = new HostError({ ...problem, tried: l10n.t('verify BPF source') });
    assert.match(message, /^⟦Could not ⟦verify BPF source⟧ on /);
    assert.deepEqual(untranslated(message), []);
  });

  it('so is each sentence on what a run has shown', () => {
    const file = path.join(import.meta.dirname, 'recorded/bench/all-figures.sockmap-bench.json');
    const runs = runsOf([parseDocument(fs.readFileSync(file, 'utf8'))]);
    const texts = findingsOf(figuresOf(runs), runs).overview.flat().flatMap(findingText);
    assert.ok(texts.length > 0);
    assert.deepEqual(texts.flatMap(untranslated), []);
  });

  it('so is each explanation of an error, with its numbers', () => {
    const messages = [
      "R0 invalid mem access 'map_value_or_null'",
      "R1 invalid mem access 'pkt_end'",
      'R0 !read_ok',
      'invalid write to stack R10 off=-520 size=8',
      'invalid access to packet, off=4 size=1, R1(id=0,off=4,r=0)\nR1 offset is outside of the packet',
      'invalid access to map value, value_size=24 off=24 size=1\nR6 max value is outside of the allowed memory range',
      'invalid bpf_context access off=200 size=4',
      'invalid func unknown#300',
      'R2 type=scalar expected=fp, pkt, map_value',
      'the register R0 has smin=5 smax=7 should have been in [0, 1]',
    ];
    const compilers = [
      "error: call to built-in function 'memcpy' is not supported",
      "error: use of undeclared identifier 'bpf_for'",
      "fatal error: 'a.skel.h' file not found",
    ];
    const all = [...messages.map(explain), ...compilers.map(explainCompiler)];
    for (const one of all) {
      assert.ok(one !== undefined);
      assert.match(one.why, /⟧ ⟦/, 'a message with a detail');
      assert.deepEqual(untranslated(`${one.why} ${one.fix}`), []);
    }
  });

  it('so are the tables: counters, faults of sockets, semantics, figures', () => {
    const names = COUNTER_GROUPS.flatMap(({ counters }) => Object.keys(counters));
    const groups = groupCounters(Object.fromEntries(names.map((name) => [name, 1])));
    const counted = groups.flatMap(({ title, rows }) => [title, ...rows.map((one) => one.label)]);
    const faults = FAULTS.flatMap(({ wrong, consequence }) => [wrong, consequence]);
    const observed = Object.keys(KNOWN_SEMANTICS).map((semantic) => ({
      semantic,
      result: 'works',
      path: 'bypass' as const,
      detail: '',
    }));
    const semantics = pairSemantics(observed, observed).flatMap((row) => [
      row.title,
      ...row.affected,
    ]);
    const file = path.join(import.meta.dirname, 'recorded/bench/all-figures.sockmap-bench.json');
    const runs = runsOf([parseDocument(fs.readFileSync(file, 'utf8'))]);
    const figures = Object.values(figuresOf(runs)).flatMap((figure) => {
      const { title, xTitle, yTitle, quantity, series } = figure;
      const { caption, columns } = tableOf(figure);
      const points = series.flatMap((one) => [
        one.label,
        ...one.points.map((point) => (point ? pointText(figure, one, point) : '')),
      ]);
      return [title, xTitle, yTitle, quantity, caption, ...columns, ...points];
    });
    const texts = [...counted, ...faults, ...semantics, ...figures];
    // Units, and names that are the same in every language.
    const same = /^(?:TCP|KB|MB|GB|Ki?B|MiB|Gbit|µs|web|ns|ms|min|\p{L}*nginx|CPU)$/u;
    assert.deepEqual(
      texts.flatMap(untranslated).filter((word) => !same.test(word)),
      [],
    );
  });

  it('translators are given every sentence, those of tables too', () => {
    const bundle = JSON.parse(
      fs.readFileSync(path.join(import.meta.dirname, '../../l10n/bundle.l10n.json'), 'utf8'),
    ) as Record<string, unknown>;
    assert.ok(asked.size > 100);
    const words = [...CATALOGUE, ...COMPILER].flatMap(({ why, fix }) => [why, fix]);
    assert.deepEqual(
      [...asked, ...words, ...TABLES].filter((one) => !(one in bundle)),
      [],
    );
  });
});
