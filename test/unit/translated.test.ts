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
  before(() => {
    l10n.config({ contents: new Proxy({}, { get: (_, key) => `⟦${String(key)}⟧` }) });
  });
  after(() => {
    l10n.config({ contents: {} });
  });

  it('all of a failure is translated but the words of the host', () => {
    const problem = {
      ...classify('ssh: connect to host web1 port 22: Connection timed out', '10.0.0.1', 'connect'),
      ...{ headline: '1', remedy: '-' },
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
});
