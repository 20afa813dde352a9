import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { readTarget, type BpfSource } from '../../src/bypass/build.ts';
import { compileToLoad, Workbench } from '../../src/bypass/workbench.ts';
import { configuredSource } from '../../src/bypass/flags/build.ts';
import { directoryFinder } from '../../src/bypass/flags/files.ts';
import { guessFlags } from '../../src/bypass/flags/guess.ts';
import { directoryReader } from '../../src/bypass/source.ts';
import { Host } from '../../src/host/host.ts';
import { Mirror } from '../../src/language/mirror.ts';
import { diagnose } from '../../src/verifier/diagnose.ts';
import { verifySource, type Verification } from '../../src/verifier/verify.ts';
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

/** The reason in a loader's or the verifier's words: the kernel's last ones, or the section that libbpf does not know. */
function refusal(words: string): string {
  const section = /section (?:name )?'([^']+)'/.exec(words)?.[1];
  const last = /^(.*)\n(?:verification time .*\n(?:stack depth .*\n)?)?processed \d+ insns/m.exec(
    words,
  )?.[1];
  if (last !== undefined) return `rejected: ${last}`;
  return section === undefined ? words : `no program type for the section ${section}`;
}

describe('layouts of repositories, by hand and by us', () => {
  let own: TemporaryDirectory;
  let host: Host;
  let machine: string;
  before(async () => {
    host = new Host('local');
    machine = (await run('uname', ['-m'])).trim();
  });
  const rows: { layout: string; byHand: string; byUs: string }[] = [];
  after(() => {
    console.table(rows);
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
  const pins = `/sys/fs/bpf/by_hand_${process.pid}`;
  /** The words of a command that loads an object. */
  const loads = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { failed, stderr } = await execa(command, args, { reject: false });
    fs.rmSync(pins, { recursive: true, force: true });
    return failed ? refusal(stderr) : 'accepted';
  };
  const loadsPlainly = (object: string) => loads('bpftool', 'prog', 'loadall', object, pins);
  /** The product's words for it. */
  const shown = (verification: Verification, source: BpfSource): string => {
    const { findings, programs } = diagnose(verification, source);
    const wrong = findings.find(({ severity }) => severity === 'error');
    assert.ok(wrong !== undefined || programs.length > 0);
    if (wrong === undefined) return 'accepted';
    const { from, message, why } = wrong;
    if (from !== 'verifier') return refusal(message);
    // The tool's own words come before ours; the last of them say what is wrong.
    const words = message.split(`\n${why ?? ''}`, 1)[0] ?? '';
    return `rejected: ${words.split('\n').at(-1) ?? ''}`;
  };
  const row = (layout: string, byHand: string, byUs: string) => {
    rows.push({ layout, byHand, byUs });
    assert.equal(byUs, byHand);
  };
  /** The same object, accepted, and nothing that clangd's flags lack. */
  const same = async (
    layout: string,
    folder: string,
    entry: string,
    hand: Uint8Array,
    words: readonly string[] = [],
  ) => {
    const read = directoryReader(at(folder));
    const settings = { ...NONE, flags: { '**/*.c': words } };
    const source = await configuredSource(entry, at(folder), read, settings);
    const verification = await verifySource(host, source, { tool });
    const { object, compiler } = verification;
    assert.ok(object, compiler);
    const made = program(object);
    assert.ok(made.size >= 3);
    assert.deepEqual(made, program(hand));
    fs.writeFileSync(at('by-hand.o'), hand);
    row(layout, await loadsPlainly(at('by-hand.o')), shown(verification, source));
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
  const refuses = async (folder: string, entry: string, words = /file not found/) => {
    const source = await configuredSource(entry, at(folder), directoryReader(at(folder)), NONE);
    const { object, compiler } = await verifySource(host, source, { tool });
    assert.equal(object, undefined);
    assert.match(compiler, words);
  };

  /** The offers where these headers were not found. */
  const guessed = async (folder: string, entry: string, ...missing: string[]) =>
    guessFlags(entry, at(folder), directoryReader(at(folder)), {
      find: directoryFinder(at(folder)),
      missing,
    });

  it('a makefile with include directories: what it says is offered, and right', async () => {
    await run('make', ['-C', at('makefile')]);
    const entry = 'src/count.bpf.c';
    await refuses('makefile', entry);
    const guess = await guessed('makefile', entry);
    assert.equal(guess?.from, 'Makefile');
    await same(
      'Makefile with include directories',
      'makefile',
      entry,
      fs.readFileSync(at('makefile/build/count.bpf.o')),
      guess.words,
    );
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
    const { remarks } = await same(
      'CMake with generated headers',
      'cmake',
      'bpf/count.bpf.c',
      hand,
    );
    assert.equal(remarks, undefined);
  });

  it('bpf2go: the line that generates', async () => {
    await refuses('bpf2go', 'count.c');
    const guess = await guessed('bpf2go', 'count.c');
    assert.equal(guess?.from, 'gen/gen.go');
    const hand = await byHand('bpf2go/gen', ['-DSTEP=3', '-I../headers'], '../count.c');
    await same('bpf2go', 'bpf2go', 'count.c', hand, guess.words);
  });

  it('headers that nothing names are found in the folder, with those that they include', async () => {
    const entry = 'programs/count.bpf.c';
    await refuses('sought', entry);
    const guess = await guessed('sought', entry, 'ours/sizes.h');
    assert.deepEqual(guess?.words, ['-I', 'include', '-I', 'lib']);
    const hand = await byHand('sought', ['-Iinclude', '-Ilib'], entry);
    await same('headers that nothing names', 'sought', entry, hand, guess.words);
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
    const { files } = await same(
      "skeleton, the repository's vmlinux.h",
      'skeleton',
      'src/bpf/count.bpf.c',
      hand,
    );
    assert.equal(files.get('src/vmlinux.h')?.length, types.length);
    fs.rmSync(at('skeleton/src/vmlinux.h'));
    await same("skeleton, the host's vmlinux.h", 'skeleton', 'src/bpf/count.bpf.c', hand);
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
      if (entry === 'count.bpf.c') {
        const verdict = await loadsPlainly(at('linked/build/probe.bpf.o'));
        row('static linking', verdict, shown(made, source));
        assert.deepEqual(await loadable(source), Buffer.from(made.object));
      }
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
    await same('sub-folder', 'part', 'programs/count.bpf.c', hand);
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

  /** Both verdicts of a source of one file, and of it with a fault. */
  const both = async (
    layout: string,
    file: string,
    load: (object: string) => Promise<string>,
    fault?: readonly [from: string, to: string],
  ): Promise<string[]> => {
    const [folder = '', entry = ''] = file.split('/');
    const good = fs.readFileSync(at(file), 'utf8');
    const verdicts: string[] = [];
    for (const change of fault === undefined ? [undefined] : [undefined, fault]) {
      const [from, to] = change ?? ['', ''];
      assert.ok(good.includes(from));
      fs.writeFileSync(at(file), good.replace(from, to));
      await byHand(folder, [], entry);
      const source = await configuredSource(entry, at(folder), directoryReader(at(folder)), NONE);
      const verdict = shown(await verifySource(host, source, { tool }), source);
      row(
        change === undefined ? layout : `${layout}, a fault`,
        await load(at('by-hand.o')),
        verdict,
      );
      verdicts.push(verdict);
    }
    return verdicts;
  };

  it('maps in a map, larger than a verification has a host make', async () => {
    const fault = ['if (!flows)', 'if (!skb)'] as const;
    const verdicts = await both('map-in-map', 'map-in-map/flows.bpf.c', loadsPlainly, fault);
    assert.deepEqual(
      verdicts.map((one) => one.split(':')[0]),
      ['accepted', 'rejected'],
    );
  });

  it('sizes and programs that user space chooses: as its own loader does', async () => {
    await run('cc', ['-o', at('load'), at('sized/load.c'), '-lbpf']);
    const load = (object: string) => loads(at('load'), object);
    const fault = ['if (packets)', 'if (record)'] as const;
    const verdicts = await both('sized by user space', 'sized/flows.bpf.c', load, fault);
    assert.deepEqual(
      verdicts.map((one) => one.split(':')[0]),
      ['accepted', 'rejected'],
    );
  });

  it('struct_ops: as bpftool registers it', async () => {
    // Its name is one for the whole host.
    const name = `ours_${process.pid}`;
    const text = fs.readFileSync(at('struct-ops/steady.bpf.c'), 'utf8');
    const named = text.replaceAll('"steady"', `"${name}"`).replace('ops steady =', `ops ${name} =`);
    fs.writeFileSync(at('struct-ops/steady.bpf.c'), named);
    const load = async (object: string) => {
      const verdict = await loads('bpftool', 'struct_ops', 'register', object);
      if (verdict === 'accepted') await run('bpftool', ['struct_ops', 'unregister', 'name', name]);
      return verdict;
    };
    const fault = ['snd_cwnd = 10', 'mss_cache = 10'] as const;
    await both('struct_ops', 'struct-ops/steady.bpf.c', load, fault);
  });

  it("CO-RE against a module's types, which may not be there", async () => {
    const fault = ['!bpf_core_type_exists(struct wg_device)', '!ctx->args[1]'] as const;
    await both('CO-RE against a module', 'module/port.bpf.c', loadsPlainly, fault);
  });

  it('tcx, where libbpf knows it and where not', async () => {
    await both('tcx', 'tcx/count.bpf.c', loadsPlainly);
  });

  it("libbpf's headers: a project's own go before those of the host", async () => {
    await refuses('own-libbpf', 'count.bpf.c', /LIMIT_OF_OURS/);
    await run('make', ['-C', at('own-libbpf')]);
    const guess = await guessed('own-libbpf', 'count.bpf.c');
    const hand = fs.readFileSync(at('own-libbpf/count.bpf.o'));
    const source = await same('libbpf of its own', 'own-libbpf', 'count.bpf.c', hand, guess?.words);
    assert.ok(source.files.has('libbpf/include/bpf/bpf_helpers.h'));
  });
});
