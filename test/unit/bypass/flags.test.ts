import assert from 'node:assert/strict';
import { acceptFlags } from '../../../src/bypass/flags/accepted.ts';
import { configuredSource, offeredFlags } from '../../../src/bypass/flags/build.ts';
import { parseClangdFile } from '../../../src/bypass/flags/clangdFile.ts';
import { projectFlags } from '../../../src/bypass/flags/configuration.ts';
import { goGenerateFlags } from '../../../src/bypass/flags/goGenerate.ts';
import { guessFlags, patternOf } from '../../../src/bypass/flags/guess.ts';
import { makefileFlags, readMakefile } from '../../../src/bypass/flags/makefile.ts';
import { splitWords } from '../../../src/bypass/flags/words.ts';
import { missingHeaders } from '../../../src/verifier/clang.ts';
import { isFolderAbove } from '../../../src/workspace/above.ts';

const reader = (files: Readonly<Record<string, string>>) => (file: string) =>
  Promise.resolve(file in files ? Buffer.from(files[file] ?? '') : undefined);
const accept = (...words: string[]) =>
  acceptFlags(words, { root: '/home/me/project', directory: 'src', from: 'here' });

describe('flags of a project', () => {
  it('are split as a shell does, and expand nothing', () => {
    assert.deepEqual(splitWords(String.raw`clang -DA="x y" '-DB=$(id)' -DC=\"q\" "a\b" ''`), [
      'clang',
      '-DA=x y',
      '-DB=$(id)',
      '-DC="q"',
      String.raw`a\b`,
      '',
    ]);
    assert.equal(splitWords('-DA="x'), undefined);
  });

  it('are passed on where they are harmless, in the order in which clang searches', () => {
    const { include, preincluded, flags, remarks } = accept(
      '-isystem',
      '../sys',
      '-Iinc',
      '-I',
      '/home/me/project',
      '-idirafter',
      '/usr/include/x',
      '-include',
      'first.h',
      '-DA',
      '-D',
      'B="x y"',
      '-UC',
      '-mcpu=v3',
      '-std=gnu11',
      '-O1',
      '-Wall',
      '-Wno-unused',
      '-Werror=format',
      '-fno-jump-tables',
      '-gdwarf-4',
      '-c',
      '-o',
      'x.o',
      '-target',
      'bpf',
      '-D__TARGET_ARCH_arm64',
      '-MF',
      'deps',
      'a.bpf.c',
    );
    assert.deepEqual(include, ['src/inc', '.', 'sys', '/usr/include/x']);
    assert.deepEqual(preincluded, ['src/first.h']);
    assert.deepEqual(flags, [
      '-DA',
      '-DB="x y"',
      '-UC',
      '-mcpu=v3',
      '-std=gnu11',
      '-O1',
      '-Wall',
      '-Wno-unused',
      '-Werror=format',
      '-fno-jump-tables',
      '-gdwarf-4',
    ]);
    assert.deepEqual(remarks, []);
  });

  it('that could read, write or run something are left out, and said', () => {
    const bad = [
      '-fplugin=./x.so',
      '-fpass-plugin=x',
      '@flags',
      '-Wl,-x',
      '-Wa,-x',
      '-Wp,-MD,x',
      '-B.',
      '--config=x',
      '-ivfsoverlay',
      '-fmodules',
      '-fprofile-use=x',
      '--sysroot=/',
      '-specs=x',
      '-save-temps',
      '-ftime-trace',
      '-gsplit-dwarf',
      '-include-pch',
      '-working-directory=/',
      '-DA B',
      '-DX(=\n#include "/etc/shadow"',
      '-fdump-record-layouts',
      '-serialize-diagnostics',
    ];
    for (const word of bad) {
      const { flags, include, preincluded, remarks } = accept(word);
      assert.deepEqual([...flags, ...include, ...preincluded], [], word);
      assert.equal(remarks.length, 1, word);
    }
    const { flags } = accept('-Xclang', '-load', '-Xclang', './x.so', '-mllvm', '-x', '-DKEPT');
    assert.deepEqual(flags, ['-DKEPT']);
    // A directory of this machine, and not of the folder.
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
    const { include, flags, database, remarks } = await projectFlags(
      'bpf/a.bpf.c',
      '/p',
      reader(files),
    );
    assert.deepEqual([include, flags, remarks], [['inc', 'bpf/here'], ['-DKEPT', '-DOUTER'], []]);
    assert.equal(database, 'build/compile_commands.json');
    const wrong = { '.clangd': 'CompileFlags: [', 'compile_commands.json': '{' };
    assert.equal((await projectFlags('a.bpf.c', '/p', reader(wrong))).remarks.length, 2);
    for (const pattern of ['(a+)+', '.*.*.*.*x', 'a'.repeat(300)]) {
      assert.throws(
        () => parseClangdFile(`If: {PathMatch: ${JSON.stringify(pattern)}}`, 'x'),
        /complex/,
      );
    }
  });

  it('of the settings count by their pattern where the project has no command, and .clangd changes them', async () => {
    const settings = {
      include: ['../out', 'inc'],
      defines: {},
      named: 'verify.',
      link: {},
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
    const clangd = { '.clangd': 'CompileFlags: {Add: -DMINE, Remove: -DALL}' };
    assert.deepEqual((await of(clangd)).flags, ['-DBPF', '-DMINE']);
    const database = { directory: '/p', file: 'bpf/a.bpf.c', command: 'clang -DOWN' };
    const both = { ...clangd, 'compile_commands.json': JSON.stringify([database]) };
    assert.deepEqual((await of(both)).flags, ['-DOWN', '-DMINE']);
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
        include: [],
        defines: {},
        named: '',
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

  const textsOf = (files: Readonly<Record<string, string>>) => (file: string) =>
    Promise.resolve(files[file]);
  const find = (files: Readonly<Record<string, string>>) => (isMeant: (file: string) => boolean) =>
    Promise.resolve(Object.keys(files).filter(isMeant));
  const ofMakefile = async (
    text: string,
    { directory = '', source = 'a.bpf.c', files = {} } = {},
  ) =>
    makefileFlags(
      await readMakefile(text, { directory, root: '/p', architecture: 'x86_64' }, textsOf(files)),
      source,
    );

  it('of a makefile or a line of bpf2go are a guess, of which nothing is run', async () => {
    const text =
      'D = $(shell rm -rf x)\nBPF_FLAGS := -I$(D) -Iinc$(NO) -I$(CURDIR)/lib \\\n -D A=1\nCFLAGS=-DUSER\n';
    assert.deepEqual(await ofMakefile(text, { directory: 'sub' }), ['-I/p/sub/lib', '-D', 'A=1']);
    const files = { Makefile: text, 'a.bpf.c': '' };
    const clues = { find: find(files), missing: [] };
    assert.deepEqual((await guessFlags('a.bpf.c', '/p', reader(files), clues))?.words, [
      '-I',
      'lib',
      '-DA=1',
    ]);
    assert.deepEqual(await ofMakefile('A = $(A)$(A)$(A)\nBPF_FLAGS = -I$(A)\n'), []);
    assert.deepEqual(await ofMakefile('A = $(B)$(B)\nB = $(A)$(A)\nBPF_FLAGS = -I$(A)\n'), []);
    const words = 'x '.repeat(500);
    const many = `L = ${words}\nBPF_FLAGS = $(foreach a,$(L),$(foreach b,$(L),$(foreach c,$(L),-D$(c))))\n`;
    assert.ok((await ofMakefile(many.repeat(20))).length < 10);
    assert.deepEqual(await ofMakefile('BPF_FLAGS = -I$(dir -DX $(\n'), []);
  });

  it('of a makefile are those of the files that it includes, as make computes them', async () => {
    const files = {
      'lib/common.mk': 'include $(LIB)/defines.mk\nBPF_CFLAGS += $(INCLUDES)\n',
      'lib/defines.mk': 'HEADERS = $(LIB)/../headers\nINCLUDES := $(addprefix -I, $(HEADERS) x)\n',
    };
    const text = 'LIB := ../lib\ninclude $(LIB)/common.mk ../../out.mk\n-include $(NO).mk\n';
    assert.deepEqual(await ofMakefile(text, { directory: 'tool', files }), [
      '-I../lib/../headers',
      '-Ix',
    ]);
    // One that includes itself ends.
    assert.deepEqual(
      await ofMakefile('include m.mk\n', { files: { 'm.mk': 'include m.mk\n' } }),
      [],
    );
    const branches = [
      'BPF_CFLAGS = -DALL',
      'ifeq ($(DEBUG), 1)',
      'BPF_CFLAGS += -DDEBUG',
      'else ifneq ($(DEBUG),)',
      'else',
      'BPF_CFLAGS += -DRELEASE',
      'endif',
      '# BPF_CFLAGS += -DCOMMENT',
      'ifeq ($(shell id),x)',
      'BPF_CFLAGS += -DONE',
      'else',
      'BPF_CFLAGS += -DOTHER',
      'endif',
      'ifdef NO',
      'BPF_CFLAGS += -DNO',
      'endif',
      '',
    ].join('\n');
    assert.deepEqual(await ofMakefile(branches), ['-DALL', '-DRELEASE', '-DONE', '-DOTHER']);
    const arch = 'ARCH := $(shell uname -m | sed \'s/x86_64/x86/\' | sed "s/aarch64/arm64/")\n';
    const [one] = await ofMakefile(`${arch}BPF_INCLUDES := -I$(dir types/$(ARCH)/vmlinux.h)\n`);
    assert.equal(one, '-Itypes/x86/');
    const doubled = `A = 12345678\n${'A = $(A)$(A)\n'.repeat(99)}BPF_FLAGS = -DONE -D$(A)\n`;
    assert.equal((await ofMakefile(doubled)).length, 2);
    const long = `ifeq ${'" '.repeat(99_999)}\nelse\nendif\n${'bpf'.repeat(99_999)}\n${'a'.repeat(99_999)}\nBPF_FLAGS = -DONE\n`;
    assert.deepEqual(await ofMakefile(long), ['-DONE']);
    const words = 'w '.repeat(9999);
    const lists = '$(foreach a,$(W),'.repeat(9) + 'x'.repeat(999) + ')'.repeat(9);
    assert.deepEqual(await ofMakefile(`W = ${words}\nBPF_FLAGS = -DONE ${lists} -DTWO\n`), [
      '-DONE',
    ]);
    assert.deepEqual(await ofMakefile('A := $(shell uname -m; id)\nBPF_FLAGS = -D$(A)\n'), []);
  });

  it('of a makefile for one source are for no other, and are its own', async () => {
    const text = [
      'BPF_CFLAGS = -DALL',
      'BPF_CFLAGS_probe.o = -DPROBE',
      'out/trace.bpf.o: BPF_CFLAGS += -mcpu=v3',
      '%.o: %.c',
      '\t$(CLANG) -target bpf $(BPF_CFLAGS) -DBOTH -DXDP -c $<',
      'tc.o: tc.c',
      '\tclang -target bpf -DBOTH -DTC -c $<',
      '',
    ].join('\n');
    const files = { Makefile: text };
    const of = (source: string) => ofMakefile(text, { source });
    assert.deepEqual(await of('a.bpf.c'), ['-DALL', '-DBOTH']);
    assert.deepEqual(await of('src/probe.c'), ['-DALL', '-DPROBE', '-DBOTH']);
    assert.deepEqual(await of('trace.bpf.c'), ['-DALL', '-mcpu=v3', '-DBOTH']);
    const clues = { find: find(files), missing: [] };
    const own = await guessFlags('src/probe.c', '/p', reader(files), clues);
    assert.equal(patternOf(own ?? assert.fail(), 'src/probe.c'), 'src/probe.c');
  });

  it('of a line of bpf2go are found in any Go file, with what a makefile exports', async () => {
    const line =
      '//go:generate go run github.com/cilium/ebpf/cmd/bpf2go@v0.16.0 -cflags "-DX $NO" a ./a.c -- -I../h';
    const none = {
      known: new Map<string, string>(),
      here: '/p',
      root: '/p',
      architecture: undefined,
      budget: { left: 9 },
    };
    assert.deepEqual(goGenerateFlags(line, '/p/a.c', '/p', none), ['-mcpu=v1', '-DX', '-I../h']);
    assert.deepEqual(goGenerateFlags(line, '/p/b.c', '/p', none), undefined);
    const files = {
      Makefile: 'R := $(shell dirname $(realpath $(firstword $(MAKEFILE_LIST))))\ninclude g.mk\n',
      'g.mk': 'generate: export FLAGS := -O2 -DY $(FLAGS)\ngenerate: export ROOT := $(R)\n',
      'pkg/other/gen.go': '//go:generate $BPF2GO x ../../other/probe.c -- -DWRONG\n',
      'pkg/probe/gen.go':
        '//go:generate $BPF2GO -cflags $FLAGS x ${ROOT}/bpf/probe.c -- -I$ROOT/bpf/include -I$NO/x\n',
      'bpf/probe.c': '',
    };
    const clues = { find: find(files), missing: [] };
    const guess = (await guessFlags('bpf/probe.c', '/p', reader(files), clues)) ?? assert.fail();
    assert.deepEqual(guess.words, ['-I', 'bpf/include', '-mcpu=v1', '-DY']);
    assert.equal(guess.from, 'pkg/probe/gen.go');
    assert.equal(patternOf(guess, 'bpf/probe*.c'), 'bpf/probe\\*.c');
  });

  it('of a makefile are offered beyond those that are used, where the project has no command', async () => {
    const text = 'BPF_FLAGS = -Iinc -DSIZE=\'"a b"\'\n';
    const files = { 'sub/Makefile': text, 'sub/src/a.bpf.c': '' };
    const of = (more: Record<string, string>, flags: Record<string, string[]> = {}) =>
      offeredFlags(
        'sub/src/a.bpf.c',
        '/p',
        reader({ ...files, ...more }),
        { include: [], defines: {}, flags },
        { find: find({ ...files, ...more }), missing: ['ours/a.h'] },
      );
    const guess = (await of({})) ?? assert.fail();
    assert.deepEqual(guess.words, ['-I', 'sub/inc', '-DSIZE="a b"']);
    assert.equal(patternOf(guess, 'sub/src/a.bpf.c'), 'sub/**/*.bpf.c');
    assert.equal(patternOf({ ...guess, from: 'Makefile' }, 'a.c'), '**/*.c');
    assert.equal(patternOf({ ...guess, from: 'x[1]/Makefile' }, 'x[1]/a.c'), 'x\\[1\\]/**/*.c');
    const clangd = await of({ '.clangd': 'CompileFlags: {Add: [-DSIZE=2, -DLSP, -xc]}' });
    assert.deepEqual(clangd?.words, ['-I', 'sub/inc']);
    assert.deepEqual((await of({}, { '*.bpf.c': ['-Isub/inc'] }))?.words, ['-DSIZE="a b"']);
    assert.equal(await of({}, { '*.bpf.c': ['-Isub/inc', '-USIZE'] }), undefined);
    const database = [{ directory: '/p/sub', file: 'src/a.bpf.c', command: 'clang -DOWN' }];
    assert.equal(await of({ 'compile_commands.json': JSON.stringify(database) }), undefined);
    // As they are offered they are accepted: the source is compiled with them.
    const flags = { [patternOf(guess, 'sub/src/a.bpf.c')]: guess.words };
    const settings = { include: [], defines: {}, flags, link: {}, named: '' };
    const source = await configuredSource('sub/src/a.bpf.c', '/p', reader(files), settings);
    assert.deepEqual([source.include, source.flags], [['sub/inc'], ['-DSIZE="a b"']]);
    // A header that these do not lead to is looked for, also where a person has said some.
    const headers = {
      'sub/h/ours/a.h': '#include <ours/b.h>\n',
      'sub/more/ours/b.h': '',
      'x/ours/a.h': '',
    };
    const both = ['-I', 'sub/inc', '-I', 'sub/h', '-I', 'sub/more', '-DSIZE="a b"'];
    const includes = {
      'sub/src/a.bpf.c': '#include <ours/a.h>\n#include "vmlinux.h"\n#include <linux/x.h>\n',
    };
    assert.deepEqual((await of({ ...headers, ...includes }))?.words, both);
    const further = await of(
      { ...headers, ...includes },
      { '*.c': ['-Isub/more', '-Isub/inc', '-DSIZE=1'] },
    );
    assert.deepEqual(further?.words, ['-I', 'sub/h']);
    assert.equal(patternOf(further, 'sub/src/a.bpf.c'), 'sub/**/*.bpf.c');
    assert.equal(
      await of({ ...headers, ...includes }, { '*.c': [...both, '-I', 'sub/inc'] }),
      undefined,
    );
  });

  it('name the vmlinux.h of a project for the host’s machine where it has other types', async () => {
    const types = ['arm', 'x86', 'arm64', 'riscv'].map((one) => `types/${one}/vmlinux.h`);
    const files = {
      'a.bpf.c': '#include "vmlinux.h"\n',
      'b.bpf.c': '#include <linux/bpf.h>\n',
      ...Object.fromEntries(types.map((one) => [one, ''])),
    };
    const missing = missingHeaders([
      "incomplete definition of type 'struct one'",
      "'x/y.h' file not found",
    ]);
    assert.deepEqual(missing, ['vmlinux.h', 'x/y.h']);
    assert.deepEqual(missingHeaders(["use of undeclared identifier 'SCX_ONE'"]), ['vmlinux.h']);
    const of = async (entry: string, architecture: string, given?: string[]) => {
      const clues = { find: find(files), missing, architecture };
      const used = given && acceptFlags(given, { root: '/p', directory: '', from: '' });
      return (await guessFlags(entry, '/p', reader(files), clues, used))?.words;
    };
    assert.deepEqual(await of('a.bpf.c', 'x86_64'), ['-I', 'types/x86']);
    assert.deepEqual(await of('a.bpf.c', 'aarch64'), ['-I', 'types/arm64']);
    assert.equal(await of('a.bpf.c', 'x86_64', ['-Itypes/arm']), undefined);
    assert.equal(await of('b.bpf.c', 'x86_64'), undefined);
  });

  it('are of no more than a project, whatever folder it names', () => {
    assert.ok(isFolderAbove('..', '/home/me/project', '/home/me'));
    for (const [named, folder] of [
      ['..', '/home/me'],
      ['../..', '/home'],
      ['..', '/'],
      ['/etc', '/etc'],
      ['../x', '/srv/x'],
    ] as const) {
      assert.ok(!isFolderAbove(named, folder, '/home/me'), folder);
    }
  });
});
