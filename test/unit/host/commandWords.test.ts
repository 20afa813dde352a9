import assert from 'node:assert/strict';
import { compilerTooSlow } from '../../../src/bypass/compilerLimits.ts';
import { commandWords } from '../../../src/host/commandWords.ts';
import { scriptArgv } from '../../../src/host/hostScript.ts';

describe('a command in the log', () => {
  it('is its first words; a script is its name', () => {
    assert.equal(commandWords(['bpftool', 'version']), 'bpftool version');
    assert.equal(commandWords(['a', 'b', 'c', 'd', 'e']), 'a b c d …');
    assert.equal(commandWords(['sh', '-c', 'echo secret']), 'sh -c …');
    assert.equal(commandWords(scriptArgv('facts.sh', 'x')), 'sh facts.sh x');
    assert.ok(commandWords(scriptArgv('ctl_unload', '--cgroup', 'a'.repeat(5000))).length < 200);
    assert.equal(commandWords(['echo', 'two\nlines\u202e']), 'echo two lines<U+202E>');
  });
});

describe('a compiler that takes too long', () => {
  it('is reported with its time, and what to do', () => {
    const { message } = compilerTooSlow('web1', 'compile a.bpf.c', 20, 'sh -c …\nmore');
    assert.match(
      message,
      /^Could not compile a\.bpf\.c on web1: the compiler took longer than 20 s there\. See whether the host is busy/,
    );
  });
});
