import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { configuredSource } from '../../src/bypass/flags/build.ts';
import { guessFlags } from '../../src/bypass/flags/guess.ts';
import { directoryReader } from '../../src/bypass/source.ts';
import { Host } from '../../src/host/host.ts';
import { Mirror } from '../../src/language/mirror.ts';
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
    if (['socket', '.maps', 'license'].includes(name))
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
  const NONE = { include: [], defines: {}, flags: {}, named: '' };
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
    assert.equal(made.size, 3);
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
