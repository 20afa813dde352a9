import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  collect,
  collectSource,
  directoryReader,
  includesOf,
  LIMITS,
} from '../../src/bypass/source.ts';
import { HostError } from '../../src/host/errors.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const reader = (files: Readonly<Record<string, string>>) => (file: string) =>
  Promise.resolve(file in files ? Buffer.from(files[file] ?? '') : undefined);

const collected = async (files: Readonly<Record<string, string>>, entry = 'a.bpf.c') => {
  const { files: found, refused } = await collect(entry, reader(files));
  return { names: Array.from(found.keys()).sort(), refused };
};

describe('what a source includes', () => {
  it('is read from its directives', () => {
    const text = `#include "one.h"
  #  include	<bpf/two.h> // "no.h"
#if __has_include("three.h")
#include_next "four.h"
//#include "in a comment.h"
char text[] = "#include \\"no.h\\"";
#include MACRO`;
    assert.deepEqual(includesOf(text), [
      { name: 'one.h', quoted: true, line: 1 },
      { name: 'bpf/two.h', quoted: false, line: 2 },
      { name: 'three.h', quoted: true, line: 3 },
      { name: 'four.h', quoted: true, line: 4 },
    ]);
    assert.deepEqual(includesOf(Buffer.from('#include "größe.h"\r\n')), [
      { name: 'größe.h', quoted: true, line: 1 },
    ]);
  });

  it('is followed inside the folder, from where it stands and from the top', async () => {
    const { names, refused } = await collected({
      'a.bpf.c': '#include "sub/one.h"\n#include <top.h>\n#include <bpf/bpf_helpers.h>',
      'sub/one.h': '#include "two.h"\n#include "three.h"',
      'sub/two.h': '#include "one.h"\n#include "../top.h"',
      'three.h': '#include "a.bpf.c"',
      'top.h': '',
      'unused.h': '',
    });
    assert.deepEqual(names, ['a.bpf.c', 'sub/one.h', 'sub/two.h', 'three.h', 'top.h']);
    assert.deepEqual(refused, []);
  });

  it('is refused outside of it', async () => {
    const { names, refused } = await collected({
      'a.bpf.c': '\n#include "../secret.h"\n#include "/etc/passwd"\n#include <sub/../../secret.h>',
    });
    assert.deepEqual(names, ['a.bpf.c']);
    assert.deepEqual(
      refused.map(({ file, line }) => `${file}:${line}`),
      ['a.bpf.c:2', 'a.bpf.c:3', 'a.bpf.c:4'],
    );
    assert.match(refused[1]?.wrong ?? '', /"\/etc\/passwd" is outside/);
  });

  it('has a limit of size and of number', async () => {
    const big = await collected({ 'a.bpf.c': ' '.repeat(LIMITS.fileBytes + 1) });
    assert.deepEqual(big.names, []);
    assert.match(big.refused[0]?.wrong ?? '', /a\.bpf\.c has 8388609 bytes, more than the 8388608/);
    const names = Array.from({ length: LIMITS.files + 5 }, (_, index) => `${index}.h`);
    const many = await collected({
      'a.bpf.c': names.map((name) => `#include "${name}"\n`).join(''),
      ...Object.fromEntries(names.map((name) => [name, ''])),
    });
    assert.equal(many.names.length, LIMITS.files);
    assert.match(many.refused[0]?.wrong ?? '', /199\.h is file 201 of the source/);
  });

  it('that is refused stops a build, with all reasons and what to do', async () => {
    const files = { 'a.bpf.c': '#include "../x.h"\n#include "../y.h"' };
    await assert.rejects(collectSource('a.bpf.c', reader(files)), (error: unknown) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.problem.kind, 'input');
      assert.match(error.problem.words, /a\.bpf\.c:1: .*x\.h.*\na\.bpf\.c:2: .*y\.h/);
      return true;
    });
    await assert.rejects(collectSource('b.bpf.c', reader(files)), /b\.bpf\.c is not there/);
  });

  it('is not read through a link to elsewhere', async () => {
    const own = temporaryDirectory({
      'folder/a.bpf.c': '#include "link.h"\n#include "inner.h"\n#include "below"',
      'folder/real.h': 'x',
      'folder/below/file.h': 'x',
      'secret.h': 'secret',
    });
    const folder = path.join(own.path, 'folder');
    fs.symlinkSync('../secret.h', path.join(folder, 'link.h'));
    fs.symlinkSync('real.h', path.join(folder, 'inner.h'));
    const { files } = await collect('a.bpf.c', directoryReader(folder));
    assert.deepEqual(Array.from(files.keys()), ['a.bpf.c', 'inner.h']);
    await own.remove();
  });
});
