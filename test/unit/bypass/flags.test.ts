import assert from 'node:assert/strict';
import { acceptFlags } from '../../../src/bypass/flags/accepted.ts';
import { configuredSource, offeredFlags } from '../../../src/bypass/flags/build.ts';
import { parseClangdFile } from '../../../src/bypass/flags/clangdFile.ts';
import { projectFlags } from '../../../src/bypass/flags/configuration.ts';
import {
  goGenerateFlags,
  guessFlags,
  makefileFlags,
  patternOf,
} from '../../../src/bypass/flags/guess.ts';
import { splitWords } from '../../../src/bypass/flags/words.ts';
import { isFolderAbove } from '../../../src/workspace/above.ts';

const reader = (files: Readonly<Record<string, string>>) => (file: string) =>
  Promise.resolve(file in files ? Buffer.from(files[file] ?? '') : undefined);
const accept = (...words: string[]) =>
  acceptFlags(words, { root: '/home/me/project', directory: 'src', from: 'here' });

describe('flags of a project', () => {
  it('are split as a shell does, and expand nothing', () => {
    assert.deepEqual(splitWords(String.raw`clang -DA="x y" '-DB=$(id)' -DC=\"q\" "a\b" ''`), [
      ...['clang', '-DA=x y', '-DB=$(id)', '-DC="q"', String.raw`a\b`, ''],
    ]);
    assert.equal(splitWords('-DA="x'), undefined);
  });

  it('are passed on where they are harmless, in the order in which clang searches', () => {
    const { include, preincluded, flags, remarks } = accept(
      ...['-isystem', '../sys', '-Iinc', '-I', '/home/me/project', '-idirafter', '/usr/include/x'],
      ...['-include', 'first.h', '-DA', '-D', 'B="x y"', '-UC', '-mcpu=v3', '-std=gnu11', '-O1'],
      ...['-Wall', '-Wno-unused', '-Werror=format', '-fno-jump-tables', '-gdwarf-4'],
      ...['-c', '-o', 'x.o', '-target', 'bpf', '-D__TARGET_ARCH_arm64', '-MF', 'deps', 'a.bpf.c'],
    );
    assert.deepEqual(include, ['src/inc', '.', 'sys', '/usr/include/x']);
    assert.deepEqual(preincluded, ['src/first.h']);
    assert.deepEqual(flags, [
      ...['-DA', '-DB="x y"', '-UC', '-mcpu=v3', '-std=gnu11', '-O1', '-Wall', '-Wno-unused'],
      ...['-Werror=format', '-fno-jump-tables', '-gdwarf-4'],
    ]);
    assert.deepEqual(remarks, []);
  });

  it('that could read, write or run something are left out, and said', () => {
    const bad = [
      ...['-fplugin=./x.so', '-fpass-plugin=x', '@flags', '-Wl,-x', '-Wa,-x', '-Wp,-MD,x', '-B.'],
      ...['--config=x', '-ivfsoverlay', '-fmodules', '-fprofile-use=x', '--sysroot=/', '-specs=x'],
      ...['-save-temps', '-ftime-trace', '-gsplit-dwarf', '-include-pch', '-working-directory=/'],
      ...[
        '-DA B',
        '-DX(=\n#include "/etc/shadow"',
        '-fdump-record-layouts',
        '-serialize-diagnostics',
      ],
    ];
    for (const word of bad) {
      const { flags, include, preincluded, remarks } = accept(word);
      assert.deepEqual([...flags, ...include, ...preincluded], [], word);
      assert.equal(remarks.length, 1, word);
    }
    const { flags } = accept('-Xclang', '-load', '-Xclang', './x.so', '-mllvm', '-x', '-DKEPT');
    assert.deepEqual(flags, ['-DKEPT']);
    // Of this machine, and not of the folder.
    for (const place of [
      '/etc',
      '../../other',
      '/home/me',
      '/home/me/project/../x',
      '/usr/../etc',
      'a/-x',
    ]) {
      const { include, preincluded, remarks } = accept('-I', place, '-include', place);
      assert.deepEqual([...include, ...preincluded], [], place);
      assert.equal(remarks.length, 2);
    }
  });

  it('come from the nearest compile_commands.json that knows the source, and .clangd files', async () => {
    const commands = (file: string, command: string) =>
      JSON.stringify([{ directory: '/p/build', file, command }]);
    const files = {
      'compile_commands.json': commands('../other.c', 'clang -DOTHER -c ../other.c'),
      'build/compile_commands.json': commands(
        '../bpf/a.bpf.c',
        'clang -I../inc -DGONE -DKEPT -c ../bpf/a.bpf.c',
      ),
      '.clangd': 'CompileFlags:\n  Add: [-DOUTER]\n  Remove: -DGONE',
      'bpf/.clangd':
        'CompileFlags: {Add: -Ihere}\n---\nIf: {PathMatch: [x.*]}\nCompileFlags: {Add: -DNO}',
    };
    const { include, flags, from, remarks } = await projectFlags(
      'bpf/a.bpf.c',
      '/p',
      reader(files),
    );
    assert.deepEqual([include, flags, remarks], [['inc', 'bpf/here'], ['-DKEPT', '-DOUTER'], []]);
    assert.deepEqual(from, ['build/compile_commands.json', '.clangd', 'bpf/.clangd']);
    const wrong = { '.clangd': 'CompileFlags: [', 'compile_commands.json': '{' };
    assert.equal((await projectFlags('a.bpf.c', '/p', reader(wrong))).remarks.length, 2);
    for (const pattern of ['(a+)+', '.*.*.*.*x', 'a'.repeat(300)]) {
      assert.throws(
        () => parseClangdFile(`If: {PathMatch: ${JSON.stringify(pattern)}}`, 'x'),
        /complex/,
      );
    }
  });

  it('of the settings count by their pattern where the project says nothing', async () => {
    const settings = {
      ...{ include: ['../out', 'inc'], defines: {}, named: 'verify.', link: {} },
      flags: { '*.bpf.c': ['-DALL'], 'bpf/**': ['-DBPF'], 'other/**': ['-DOTHER'] },
    };
    const files = { 'bpf/a.bpf.c': '#include <bpf/vmlinux.h>\n' };
    const of = (more: Record<string, string>) =>
      configuredSource('bpf/a.bpf.c', '/p', reader({ ...files, ...more }), settings);
    const source = await of({});
    assert.deepEqual([source.flags, source.include], [['-DALL', '-DBPF'], ['inc']]);
    assert.match(source.remarks?.join() ?? '', /^verify\.include: "\.\.\/out" is outside/);
    assert.match(
      Buffer.from(source.files.get('bpf/bpf/vmlinux.h') ?? []).toString(),
      /sockmap-bypass-vmlinux/,
    );
    assert.deepEqual((await of({ '.clangd': 'CompileFlags: {Add: -DMINE}' })).flags, ['-DMINE']);
  });

  it('say which sources belong together, each with its own flags and what it includes', async () => {
    const files = {
      'a.bpf.c': '#include "both.h"\n',
      'lib/b.bpf.c': '#include "both.h"\n',
      'both.h': '#include "x.h"\n',
      'lib/both.h': '',
      'lib/x.h': '',
    };
    const of = (link: Record<string, string[]>, entry = 'a.bpf.c') =>
      configuredSource(entry, '/p', reader(files), {
        ...{ include: [], defines: {}, named: '' },
        flags: { '*.bpf.c': ['-DALL'], 'lib/*': ['-DLIB', '-Ilib'] },
        link,
      });
    const source = await of({ 'a.*': ['lib/b.bpf.c', './a.bpf.c', '/etc/x.c', '../y.c', 'z.h'] });
    assert.deepEqual(
      source.linked?.map(({ entry, flags }) => [entry, flags]),
      [
        ['lib/b.bpf.c', ['-DALL', '-DLIB']],
        ['a.bpf.c', ['-DALL']],
      ],
    );
    assert.deepEqual(source.flags, ['-DALL']);
    assert.deepEqual(
      Array.from(source.files.keys()).sort(),
      Object.keys(files)
        .filter((one) => one !== 'lib/x.h')
        .sort(),
    );
    assert.deepEqual(
      source.remarks?.map((one) => one.split(' is ')[0]),
      ['link: "/etc/x.c"', 'link: "../y.c"', 'link: "z.h"'],
    );
    assert.equal((await of({ 'b.*': ['a.bpf.c'] })).linked, undefined);
    await assert.rejects(of({ '*': ['none.bpf.c'] }), /a\.bpf\.c:1: "none\.bpf\.c" is not there/);
    const many = Array.from({ length: 40 }, () => 'lib/b.bpf.c');
    assert.equal((await of({ '*': many })).linked?.length, 2);
  });

  it('of a makefile or a line of bpf2go are a guess, of which nothing is run', async () => {
    const text =
      'D = $(shell rm -rf x)\nBPF_FLAGS := -I$(D) -Iinc$(NO) -I$(CURDIR)/lib \\\n -D A=1\nCFLAGS=-DUSER\n';
    assert.deepEqual(makefileFlags(text, 'sub', '/p'), ['-I/p/sub/lib', '-D', 'A=1']);
    const files = { Makefile: text, 'a.bpf.c': '' };
    assert.deepEqual((await guessFlags('a.bpf.c', '/p', reader(files)))?.words, [
      '-I',
      'lib',
      '-DA=1',
    ]);
    const line =
      '//go:generate go run github.com/cilium/ebpf/cmd/bpf2go@v0.16.0 -cflags "-DX" a ./a.c -- -I../h';
    assert.deepEqual(goGenerateFlags(line, 'a.c'), ['-DX', '-I../h']);
    assert.deepEqual(goGenerateFlags(line, 'b.c'), []);
    assert.deepEqual(makefileFlags('A = $(A)$(A)$(A)\nBPF_FLAGS = -I$(A)\n', '', '/p'), []);
  });

  it('of a makefile are offered where nothing else says how a source is compiled', async () => {
    const text = 'BPF_FLAGS = -Iinc -DSIZE=\'"a b"\'\n';
    const files = { 'sub/Makefile': text, 'sub/src/a.bpf.c': '' };
    const of = (more: Record<string, string>, flags: Record<string, string[]> = {}) =>
      offeredFlags('sub/src/a.bpf.c', '/p', reader({ ...files, ...more }), { flags }, []);
    const guess = (await of({})) ?? assert.fail();
    assert.deepEqual(guess.words, ['-I', 'sub/inc', '-DSIZE="a b"']);
    assert.equal(patternOf(guess, 'sub/src/a.bpf.c'), 'sub/**/*.bpf.c');
    assert.equal(patternOf({ ...guess, from: 'Makefile' }, 'a.c'), '**/*.c');
    assert.equal(patternOf({ ...guess, from: 'x[1]/Makefile' }, 'x[1]/a.c'), 'x\\[1\\]/**/*.c');
    assert.equal(patternOf({ ...guess, from: 'gen.go' }, 'a*.c'), 'a\\*.c');
    assert.equal(await of({ '.clangd': 'CompileFlags: {Add: -DMINE}' }), undefined);
    assert.equal(await of({}, { '*.bpf.c': ['-DMINE'] }), undefined);
    assert.ok(await of({}, { 'other/**': ['-DMINE'], '*.bpf.c': [] }));
    // As they are offered they are accepted: the source is compiled with them.
    const flags = { [patternOf(guess, 'sub/src/a.bpf.c')]: guess.words };
    const settings = { include: [], defines: {}, flags, link: {}, named: '' };
    const source = await configuredSource('sub/src/a.bpf.c', '/p', reader(files), settings);
    assert.deepEqual([source.include, source.flags], [['sub/inc'], ['-DSIZE="a b"']]);
  });

  it('are of no more than a project, whatever folder it names', () => {
    assert.ok(isFolderAbove('..', '/home/me/project', '/home/me'));
    for (const [named, folder] of [
      ...[
        ['..', '/home/me'],
        ['../..', '/home'],
        ['..', '/'],
        ['/etc', '/etc'],
        ['../x', '/srv/x'],
      ],
    ] as const) {
      assert.ok(!isFolderAbove(named, folder, '/home/me'), folder);
    }
  });
});
