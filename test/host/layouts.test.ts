import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readTarget, type BpfSource } from '../../src/bypass/build.ts';
import { compileToLoad, Workbench } from '../../src/bypass/workbench.ts';
import { configuredSource } from '../../src/bypass/flags/build.ts';
import { guessFlags } from '../../src/bypass/flags/guess.ts';
import { directoryReader } from '../../src/bypass/source.ts';
import { Host } from '../../src/host/host.ts';
import { Mirror } from '../../src/language/mirror.ts';
import { diagnose } from '../../src/verifier/diagnose.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures');
const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));

/** The contents of the sections that make a program, by name: not where it lies, nor of which lines it is. */
function program(object: Uint8Array): Map<string, string> {
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const [table, size] = [Number(view.getBigUint64(40, true)), view.getUint16(58, true)];
  const header = (index: number) => table + index * size;
  const bytes = (index: number) => {
    const [at, length] = [24, 32].map((field) =>
      Number(view.getBigUint64(header(index) + field, true)),
    );
    return Buffer.from(object.subarray(at, (at ?? 0) + (length ?? 0)));
  };
  const names = bytes(view.getUint16(62, true)).toString('latin1');
  const found = new Map<string, string>();
  for (let index = 1; index < view.getUint16(60, true); index++) {
    const name = names.slice(view.getUint32(header(index), true)).split('\0', 1)[0] ?? '';
    if (['socket', '.maps', 'license', '.text'].includes(name) && bytes(index).length > 0)
      found.set(name, bytes(index).toString('hex'));
  }
  return found;
}

describe('layouts of repositories, by hand and by us', () => {
  let own: TemporaryDirectory;
  let host: Host;
  let machine: string;
  before(async () => {
    host = new Host('local');
    machine = (await run('uname', ['-m'])).trim();
  });
  beforeEach(() => {
    own = temporaryDirectory({});
    fs.cpSync(FIXTURES, own.path, { recursive: true });
  });
  afterEach(async () => own.remove());
  after(async () => host.dispose());

  const at = (name: string) => path.join(own.path, name);
  /** clang with the words of a project; the host's own headers are found on any distribution. */
  const byHand = async (directory: string, words: readonly string[], source: string) => {
    const there = ['-idirafter', `/usr/include/${machine}-linux-gnu`];
    const output = ['-c', source, '-o', at('by-hand.o')];
    await run('clang', ['-O2', '-g', '-target', 'bpf', ...words, ...there, ...output], {
      cwd: at(directory),
    });
    return fs.readFileSync(at('by-hand.o'));
  };
  const NONE = { include: [], defines: {}, flags: {}, link: {}, named: '' };
  /** The same object, accepted, and nothing that clangd's flags lack. */
  const same = async (
    folder: string,
    entry: string,
    hand: Uint8Array,
    words: readonly string[] = [],
  ) => {
    const read = directoryReader(at(folder));
    const settings = { ...NONE, flags: { '**/*.c': words } };
    const source = await configuredSource(entry, at(folder), read, settings);
    const { object, compiler, programs } = await verifySource(host, source, { tool });
    assert.ok(object, compiler);
    const made = program(object);
    assert.ok(made.size >= 3);
    assert.deepEqual(made, program(hand));
    assert.deepEqual(
      programs.map(({ verdict }) => verdict),
      ['accepted'],
    );
    await using mirror = await Mirror.open(host);
    await mirror.sync(0, source.files);
    await mirror.writeTypes();
    const said = await mirror.checkSyntax(0, mirror.command(0, source, entry));
    assert.equal(said.words, '');
    return source;
  };
  /** As it is made for a load. */
  const loadable = async (source: BpfSource): Promise<Uint8Array> => {
    await using bench = await Workbench.open(host, await readTarget(host));
    return fs.readFileSync(await compileToLoad(bench, await bench.upload(source)));
  };
  const refuses = async (folder: string, entry: string) => {
    const source = await configuredSource(entry, at(folder), directoryReader(at(folder)), NONE);
    const { object, compiler } = await verifySource(host, source, { tool });
    assert.equal(object, undefined);
    assert.match(compiler, /file not found/);
  };

  it('a makefile with include directories: what it says is offered, and right', async () => {
    await run('make', ['-C', at('makefile')]);
    const entry = 'src/count.bpf.c';
    await refuses('makefile', entry);
    const guess = await guessFlags(entry, at('makefile'), directoryReader(at('makefile')));
    assert.equal(guess?.from, 'Makefile');
    await same('makefile', entry, fs.readFileSync(at('makefile/build/count.bpf.o')), guess.words);
  });

  it('CMake: compile_commands.json, and headers that it generated', async () => {
    const generated = at('cmake/build/generated');
    fs.mkdirSync(generated, { recursive: true });
    const template = fs.readFileSync(at('cmake/bpf/config.h.in'), 'utf8');
    fs.writeFileSync(path.join(generated, 'config.h'), template.replace('@LIMIT@', '12'));
    const source = at('cmake/bpf/count.bpf.c');
    const words = [`-I${generated}`, '-DSTEP=(1 + 4)', '-mcpu=v2', '-isystem', '/usr/include'];
    const commands = [
      { directory: at('cmake/build'), file: '../main.c', command: 'cc -DSTEP=9 -c ../main.c' },
      {
        directory: at('cmake/build'),
        file: source,
        arguments: ['/usr/bin/clang', ...words, '-o', 'x.o', '-c', source],
      },
    ];
    fs.writeFileSync(at('cmake/build/compile_commands.json'), JSON.stringify(commands));
    const hand = await byHand('cmake/build', words, source);
    const { remarks } = await same('cmake', 'bpf/count.bpf.c', hand);
    assert.equal(remarks, undefined);
  });

  it('bpf2go: the line that generates', async () => {
    await refuses('bpf2go', 'count.c');
    const guess = await guessFlags('count.c', at('bpf2go'), directoryReader(at('bpf2go')), [
      'gen.go',
    ]);
    assert.equal(guess?.from, 'gen.go');
    const hand = await byHand('bpf2go', ['-DSTEP=3', '-I./headers'], 'count.c');
    await same('bpf2go', 'count.c', hand, guess.words);
  });

  it("a skeleton's source: the kernel's types one directory up, flags of .clangd", async () => {
    const source = await configuredSource(
      'src/bpf/count.bpf.c',
      at('skeleton'),
      directoryReader(at('skeleton')),
      NONE,
    );
    assert.match(source.remarks?.join() ?? '', /"-load" is not passed on/);
    const types = await run('bpftool', [
      'btf',
      'dump',
      'file',
      '/sys/kernel/btf/vmlinux',
      'format',
      'c',
    ]);
    fs.writeFileSync(at('skeleton/src/vmlinux.h'), types);
    const hand = await byHand('skeleton', ['-DLIMIT=32', '-DSTEP=1'], 'src/bpf/count.bpf.c');
    // A repository's own copy, and the host's.
    const { files } = await same('skeleton', 'src/bpf/count.bpf.c', hand);
    assert.equal(files.get('src/vmlinux.h')?.length, types.length);
    fs.rmSync(at('skeleton/src/vmlinux.h'));
    await same('skeleton', 'src/bpf/count.bpf.c', hand);
  });

  it('static linking: programs, a function, a map and a constant of two sources', async () => {
    await run('make', ['-C', at('linked')]);
    const hand = fs.readFileSync(at('linked/build/probe.bpf.o'));
    const settings = {
      ...NONE,
      flags: { '**/*.c': ['-DLIMIT=8'], 'seen.bpf.c': ['-DSTEP=3'] },
      link: { '*.bpf.c': ['count.bpf.c', 'seen.bpf.c'] },
    };
    const verified = async (link: typeof settings.link, entry = 'count.bpf.c') => {
      const read = directoryReader(at('linked'));
      const source = await configuredSource(entry, at('linked'), read, { ...settings, link });
      return { source, made: await verifySource(host, source, { tool }) };
    };
    for (const entry of settings.link['*.bpf.c']) {
      const { source, made } = await verified(settings.link, entry);
      assert.ok(made.object, made.words);
      assert.deepEqual(program(made.object), program(hand));
      const { findings, programs } = diagnose(made, source);
      assert.deepEqual(findings, []);
      assert.deepEqual(
        programs.map(({ name, verdict, place: { file, line } }) => [name, verdict, file, line]),
        [
          ['count', 'accepted', 'count.bpf.c', 6],
          ['forget', 'accepted', 'seen.bpf.c', 11],
        ],
      );
      if (entry === 'count.bpf.c')
        assert.deepEqual(await loadable(source), Buffer.from(made.object));
    }
    // Each fault is at its line of its file, whichever of them is verified.
    const places = async (link: Record<string, readonly string[]>) => {
      const { source, made } = await verified({ ...settings.link, ...link });
      return diagnose(made, source).findings.map(
        ({ from, explanation, place: { file, line } }) =>
          `${from} ${explanation} ${file}:${line + 1}`,
      );
    };
    assert.deepEqual(await places({ '*.bpf.c': [] }), ['libbpf extern-undefined count.bpf.c:4']);
    const good = fs.readFileSync(at('linked/seen.bpf.c'), 'utf8');
    const change = (from: string, to: string) => {
      assert.ok(good.includes(from));
      fs.writeFileSync(at('linked/seen.bpf.c'), good.replace(from, to));
    };
    change('if (value)\n\t\t*value', '*value');
    assert.deepEqual(await places({}), ['verifier null seen.bpf.c:17']);
    change('return key > STEP', 'return (int)key / (int)(key + 3) > STEP');
    assert.deepEqual(await places({}), ['clang signed-division seen.bpf.c:8']);
    change('int forget(', 'int count(');
    assert.deepEqual(await places({}), ['libbpf link-conflict seen.bpf.c:12']);
    change('struct seen seen', 'struct { __uint(type, BPF_MAP_TYPE_HASH); } seen');
    assert.deepEqual(await places({}), ['libbpf link-mismatch seen.bpf.c:3']);
    const count = fs.readFileSync(at('linked/count.bpf.c'), 'utf8');
    fs.writeFileSync(
      at('linked/count.bpf.c'),
      count.replaceAll('last', '7').replace(/^.* 7;$/m, ''),
    );
    assert.deepEqual(await places({ '*.bpf.c': [] }), ['libbpf extern-undefined count.bpf.c:3']);
    await assert.rejects(verified({ '*.bpf.c': ['other.bpf.c'] }), /"other\.bpf\.c" is not there/);
  });

  it('a part of a project, whose headers lie beside it', async () => {
    const hand = await byHand('part', [], 'programs/count.bpf.c');
    await same('part', 'programs/count.bpf.c', hand);
    await assert.rejects(
      configuredSource(
        'count.bpf.c',
        at('part/programs'),
        directoryReader(at('part/programs')),
        NONE,
      ),
      /sockmapBypass\.verify\.root/,
    );
  });
});
