import assert from 'node:assert/strict';
import type { Diagnosis, Finding, ProgramReport } from '../../../src/verifier/diagnose.ts';
import { finding } from '../../../src/verifier/finding.ts';
import { remedied } from '../../../src/verifier/remedied.ts';

const at = (line: number) => ({ file: 'a.bpf.c', line, column: 0, endColumn: 0 });
const clang = (line: number, words: string): Finding =>
  finding('clang', at(line), words, undefined);
const rejected = (program: string, line: number): Finding =>
  finding('verifier', at(line), 'R1 unbounded memory access', program);
const program = (name: string, verdict: ProgramReport['verdict']): ProgramReport => ({
  name,
  verdict,
  section: 'socket',
  place: at(1),
  instructions: undefined,
  statistics: undefined,
});
const diagnosis = (findings: readonly Finding[], ...programs: ProgramReport[]): Diagnosis => ({
  host: 'a',
  kernel: '6.1',
  findings,
  programs,
});

describe('what other flags remedy', () => {
  it('is a line that compiles then, whatever is said of others', () => {
    const header = clang(2, "'ours.h' file not found");
    const typedef = clang(6, 'typedef redefinition with different types');
    const before = diagnosis([header, typedef]);
    assert.deepEqual(remedied(before, diagnosis([clang(6, 'other words')])), [header]);
    assert.deepEqual(remedied(before, before), []);
    assert.deepEqual(remedied(before, diagnosis([], program('one', 'accepted'))), [
      header,
      typedef,
    ]);
  });

  it('is a program that is accepted then, and none where another is no more', () => {
    const [one, two] = [rejected('one', 4), rejected('two', 9)];
    const before = diagnosis([one, two], program('one', 'rejected'), program('two', 'rejected'));
    const half = diagnosis(
      [rejected('two', 5)],
      program('one', 'accepted'),
      program('two', 'rejected'),
    );
    assert.deepEqual(remedied(before, half), [one]);
    assert.deepEqual(remedied(half, before), []);
    assert.deepEqual(remedied(before, diagnosis([clang(1, 'expected identifier')])), []);
  });
});
