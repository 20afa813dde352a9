import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  collect,
  collectSource,
  directoryReader,
  includesOf,
  LIMITS,
  SourceError,
} from '../../../src/bypass/source.ts';
import { KERNEL_TYPES } from '../../../src/bypass/kernelTypes.ts';
import { run } from '../../harness/run.ts';
import { temporaryDirectory } from '../../harness/temporary.ts';

const reader = (files: Readonly<Record<string, string>>) => (file: string) =>
  Promise.resolve(file in files ? Buffer.from(files[file] ?? '') : undefined);

const collected = async (
  files: Readonly<Record<string, string>>,
  entry = 'a.bpf.c',
  include: readonly string[] = [],
) => {
  const { files: found, refused } = await collect(entry, reader(files), { include });
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
    for (const text of ['#include "größe.h"\r\n', '\u{feff}#include "größe.h"\n']) {
      const found = [{ name: 'größe.h', quoted: true, line: 1 }];
      assert.deepEqual(includesOf(Buffer.from(text)), found);
      assert.deepEqual(includesOf(text), found);
    }
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

  it('is searched for where clang searches: beside the file, beside the source, in directories of -I', async () => {
    const files = {
      'programs/a.bpf.c': '#include "sub/one.h"\n#include <two.h>\n#include ".output/types.h"',
      'programs/sub/one.h': '#include "beside-the-source.h"\n#include "twice.h"',
      'programs/beside-the-source.h': '',
      'programs/.output/types.h': '',
      'headers/two.h': '#include "three.h"',
      'headers/three.h': '',
      'headers/twice.h': '',
      'programs/sub/twice.h': '',
      'two.h': 'not searched',
    };
    const { names, refused } = await collected(files, 'programs/a.bpf.c', ['./headers/', '.']);
    assert.deepEqual(refused, []);
    assert.deepEqual(
      names,
      Object.keys(files)
        .filter((name) => name !== 'headers/twice.h' && name !== 'two.h')
        .sort(),
    );
  });

  it('is refused outside of it', async () => {
    const { names, refused } = await collected({
      'a.bpf.c': `
#include "../secret.h"
#include "/etc/passwd"
#include <sub/../../secret.h>
#include "https://example.org/x.h"
#include "sub/-rf"`,
    });
    assert.deepEqual(names, ['a.bpf.c']);
    assert.deepEqual(
      refused.map(({ file, line }) => `${file}:${line}`),
      [2, 3, 4, 5, 6].map((line) => `a.bpf.c:${line}`),
    );
    assert.match(refused[1]?.wrong ?? '', /"\/etc\/passwd" is outside/);
  });

  it('is the host’s where it is a vmlinux.h that the folder does not have, wherever it is looked for', async () => {
    const places = ['../vmlinux.h', '../../types/vmlinux.h', 'x/vmlinux.h'];
    const text = places.map((one) => `#include "${one}"\n`).join('');
    const found = await collect('a.bpf.c', reader({ 'a.bpf.c': text }));
    const { files, include = [], refused } = found;
    assert.deepEqual(refused, []);
    assert.deepEqual(include, ['.sockmap-bypass/d', '.sockmap-bypass/d/d']);
    // As the compiler looks for them, beside the source and in the directories.
    const looked = places.map((one) =>
      ['', ...include].some((at) => files.get(path.posix.join(at, one)) === KERNEL_TYPES),
    );
    assert.deepEqual(looked, [true, true, true]);
    assert.ok(include.every((one) => files.has(`${one}/vmlinux.h`)));
    const odd = ['/x/vmlinux.h', 'https://example.org/vmlinux.h', '-x/vmlinux.h'];
    const far = `${'../'.repeat(9)}vmlinux.h`;
    const wrong = [...odd, far].map((one) => `#include "${one}"\n`).join('');
    assert.equal((await collect('a.bpf.c', reader({ 'a.bpf.c': wrong }))).refused.length, 4);
  });

  it('has a limit of size, each and together, and of number', async () => {
    const big = await collected({ 'a.bpf.c': ' '.repeat(LIMITS.fileBytes + 1) });
    assert.deepEqual(big.names, []);
    assert.match(big.refused[0]?.wrong ?? '', /"a\.bpf\.c" has 8\.0 MiB, more than the 8\.0 MiB a/);
    const half = ' '.repeat(LIMITS.fileBytes - 100);
    const together = await collected({
      'a.bpf.c': '#include "1.h"\n#include "2.h"\n#include "3.h"',
      '1.h': half,
      '2.h': half,
      '3.h': half,
    });
    assert.deepEqual(together.names, ['1.h', '2.h', 'a.bpf.c']);
    assert.match(together.refused[0]?.wrong ?? '', /"3\.h" .*16\.0 MiB a source may have/);
    const names = Array.from({ length: LIMITS.files + 5 }, (_, index) => `${index}.h`);
    const many = await collected({
      'a.bpf.c': names.map((name) => `#include "${name}"\n`).join(''),
      ...Object.fromEntries(names.map((name) => [name, ''])),
    });
    assert.equal(many.names.length, LIMITS.files);
    assert.match(many.refused[0]?.wrong ?? '', /"299\.h" is file 301 of the source/);
  });

  it('that is refused stops a build, with all reasons and what to do', async () => {
    const files = { 'a.bpf.c': '#include "../x.h"\n#include "../y.h"' };
    await assert.rejects(collectSource('a.bpf.c', reader(files)), (error: unknown) => {
      assert.ok(error instanceof SourceError);
      assert.equal(error.problem.kind, 'input');
      assert.equal(error.refused.length, 2);
      assert.match(error.problem.words, /a\.bpf\.c:1: .*x\.h.*\na\.bpf\.c:2: .*y\.h/);
      return true;
    });
    await assert.rejects(collectSource('b.bpf.c', reader(files)), /"b\.bpf\.c" is not there/);
  });

  it('is read through links, but through none to elsewhere', async () => {
    const own = temporaryDirectory({
      'folder/a.bpf.c':
        '#include "link.h"\n#include "inner.h"\n#include "below"\n#include "round.h"\n#include "up/secret.h"',
      'folder/sub/real.h': '#include "beside-the-link.h"',
      'folder/beside-the-link.h': '',
      'folder/below/file.h': 'x',
      'secret.h': 'secret',
    });
    const folder = path.join(own.path, 'folder');
    for (const [to, name] of [
      ['../secret.h', 'link.h'],
      ['sub/real.h', 'inner.h'],
      ['round.h', 'round.h'],
      ['..', 'up'],
    ] as const) {
      fs.symlinkSync(to, path.join(folder, name));
    }
    // The folder itself may be a link.
    fs.symlinkSync('folder', path.join(own.path, 'other-name'));
    for (const each of [folder, path.join(own.path, 'other-name')]) {
      const { files, refused } = await collect('a.bpf.c', directoryReader(each));
      assert.deepEqual(Array.from(files.keys()), ['a.bpf.c', 'inner.h', 'beside-the-link.h']);
      assert.deepEqual(
        refused.map(({ line }) => line),
        [1, 4, 5],
      );
      assert.match(refused[0]?.wrong ?? '', /"link\.h" is a link to what lies outside/);
      assert.match(refused[1]?.wrong ?? '', /cannot be read: ELOOP/);
    }
    await own.remove();
  });

  it('is not read where reading has no end, or takes too much', async () => {
    const own = temporaryDirectory({
      'a.bpf.c': `#include "pipe"\n#include "huge.h"\n#include "${'x'.repeat(5000)}"`,
      'huge.h': '',
    });
    await run('mkfifo', [path.join(own.path, 'pipe')]);
    fs.truncateSync(path.join(own.path, 'huge.h'), 2 ** 40);
    const { files, refused } = await collect('a.bpf.c', directoryReader(own.path));
    assert.deepEqual(Array.from(files.keys()), ['a.bpf.c']);
    const says = [/"pipe" is not a regular file/, /"huge\.h" has 1048576\.0 MiB/, /ENAMETOOLONG/];
    for (const [index, pattern] of says.entries()) {
      assert.equal(refused[index]?.line, index + 1);
      assert.match(refused[index].wrong, pattern);
    }
    await own.remove();
  });

  it('is taken from the editors where they have it, under each of its names', async () => {
    const own = temporaryDirectory({
      'a.bpf.c': '#include "saved.h"\n#include "link.h"\n#include "new.h"',
      'saved.h': 'saved',
      'real.h': 'old',
    });
    fs.symlinkSync('real.h', path.join(own.path, 'link.h'));
    const texts = new Map(Object.entries({ 'real.h': 'edited', 'new.h': 'new', 'b.h': 'unused' }));
    const { files } = await collect('a.bpf.c', directoryReader(own.path, texts));
    assert.deepEqual(
      Array.from(files, ([name, content]) => [name, Buffer.from(content).toString()]).slice(1),
      [
        ['saved.h', 'saved'],
        ['link.h', 'edited'],
        ['new.h', 'new'],
      ],
    );
    await own.remove();
  });
});
