import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { configuredSource } from '../../src/bypass/flags/build.ts';
import { findLibbpf } from '../../src/bypass/libbpf.ts';
import { Host } from '../../src/host/host.ts';
import { diagnose, type Diagnosis } from '../../src/verifier/diagnose.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { atEnd } from '../harness/cleanup.ts';
import { problemOf } from '../harness/host/problems.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const NOBODY = 65534;

/** It has a section that no libbpf knows, and wants headers of the prefix before its own. */
const FILES = {
  'a.bpf.c': `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#if defined(WANTED) && !defined(OF_THE_PREFIX)
#error other headers
#endif
SEC("tcx/nowhere") int program(void *ctx) { return 1; }
char LICENSE[] SEC("license") = "GPL";
`,
  'bpf/bpf_helpers.h': '#define SEC(name) __attribute__((section(name), used))\n',
};

describe('a libbpf that an administrator has installed beside the host’s', () => {
  const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));
  let sshd: TestSshd;
  let host: Host;
  let own: TemporaryDirectory;
  let prefix = '';
  let removePrefix: () => Promise<void>;
  const at = (name: string): string => path.join(prefix, name);

  /** The host's, which knows that section in the place of another one of as many letters. */
  const put = (file: string, name: string): void => {
    const text = fs.readFileSync(file, 'latin1');
    const changed = text.replaceAll('cgroup/sock\0', 'tcx/nowhere\0');
    assert.notEqual(changed, text);
    fs.writeFileSync(at(name), changed, 'latin1');
  };
  const verify = async (libbpf: string): Promise<Diagnosis> => {
    const read = (name: string) =>
      Promise.resolve(name in FILES ? Buffer.from(FILES[name as keyof typeof FILES]) : undefined);
    const defines = libbpf === '' ? {} : { WANTED: 1 };
    const settings = { include: [], defines, flags: {}, link: {}, libbpf, named: '' };
    const source = await configuredSource('a.bpf.c', '/p', read, settings);
    return diagnose(await verifySource(host, source, { tool }), source);
  };
  const verdictOf = async (libbpf: string) => (await verify(libbpf)).programs[0]?.verdict;

  before(async () => {
    sshd = await startSshd();
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
    own = temporaryDirectory({ 'libbpf.h': '' });
  });
  after(async () => {
    await host.dispose();
    await sshd.stop();
    await own.remove();
  });
  beforeEach(async () => {
    // Where nobody but root can write, as temporary files do not lie.
    prefix = fs.mkdtempSync('/opt/sockmap-test-');
    removePrefix = atEnd(() => {
      fs.rmSync(prefix, { recursive: true, force: true });
    });
    fs.chmodSync(prefix, 0o755);
    for (const name of ['include', 'lib64']) fs.mkdirSync(at(name), { mode: 0o755 });
    const headers = /"(\/[^"]*)\/libbpf\.h"/.exec(
      await run('clang', ['-E', '-include', 'bpf/libbpf.h', '-xc', '/dev/null']),
    )?.[1];
    fs.cpSync(headers ?? assert.fail(), at('include/bpf'), { recursive: true });
    fs.appendFileSync(at('include/bpf/bpf_helpers.h'), '#define OF_THE_PREFIX\n');
    const library = async (name: string) =>
      (await run('clang', [`-print-file-name=${name}`])).trim();
    put(await library('libbpf.a'), 'lib64/libbpf.a');
    put(await library('libbpf.so'), 'lib64/libbpf.so.1.9.9');
    fs.symlinkSync('libbpf.so.1.9.9', at('lib64/libbpf.so.1'));
    fs.symlinkSync('libbpf.so.1', at('lib64/libbpf.so'));
  });
  afterEach(() => removePrefix());

  it('is what sources are compiled and loaded with: the archive, else the library', async () => {
    const { findings } = await verify('');
    const [finding] = findings;
    assert.equal(finding?.explanation, 'too-old', JSON.stringify(findings));
    assert.match(finding.fix ?? '', /sockmapBypass\.verify\.libbpf, --libbpf/);
    assert.equal(finding.place.line, 5);
    const archive = fs.readFileSync(at('lib64/libbpf.a'), 'latin1');
    assert.equal(await verdictOf(prefix), 'accepted');
    // By itself, and through a link that only root can change.
    fs.rmSync(at('lib64/libbpf.a'));
    fs.symlinkSync(prefix, at('current'));
    assert.equal(await verdictOf(`${prefix}/current/`), 'accepted');
    // Installed anew: the program that is there has the one before.
    fs.writeFileSync(
      at('lib64/libbpf.a'),
      archive.replaceAll('tcx/nowhere', 'cgroup/sock'),
      'latin1',
    );
    assert.equal(await verdictOf(prefix), 'failed');
  });

  it('is one that nobody but root can change, from the root directory to each file', async () => {
    const others = at('others');
    const cases: readonly (readonly [string, () => void, RegExp])[] = [
      [
        'missing',
        () => {
          fs.rmSync(prefix, { recursive: true });
        },
        /^\S+ is not a directory$/,
      ],
      [
        'of another one',
        () => {
          fs.chownSync(prefix, NOBODY, 0);
        },
        /-\w+ belongs to nobody, not to root$/,
      ],
      [
        'a group’s',
        () => {
          fs.chmodSync(at('lib64'), 0o775);
        },
        /\/lib64 can be changed .* \(mode 775\)$/,
      ],
      [
        'all people’s',
        () => {
          fs.chmodSync(at('include'), 0o757);
        },
        /\/include can be changed .*757\)$/,
      ],
      [
        'a header',
        () => {
          fs.chownSync(at('include/bpf/btf.h'), NOBODY, 0);
        },
        /\/btf\.h belongs to nobody/,
      ],
      [
        'the archive',
        () => {
          fs.chmodSync(at('lib64/libbpf.a'), 0o666);
        },
        /\/libbpf\.a can be changed/,
      ],
      [
        'a library',
        () => {
          fs.chownSync(at('lib64/libbpf.so.1.9.9'), NOBODY, 0);
        },
        /\/libbpf\.so\.1\.9\.9 belongs to nobody/,
      ],
      [
        'what its library needs',
        () => {
          fs.rmSync(at('lib64/libbpf.a'));
          fs.writeFileSync(path.join(own.path, 'theirs'), '');
          fs.chownSync(path.join(own.path, 'theirs'), NOBODY, 0);
          fs.symlinkSync(path.join(own.path, 'theirs'), at('lib64/libelf.so.1'));
        },
        /\/libelf\.so\.1 can be changed/,
      ],
      [
        'a link to elsewhere',
        () => {
          fs.rmSync(at('include/bpf/libbpf.h'));
          fs.symlinkSync(path.join(own.path, 'libbpf.h'), at('include/bpf/libbpf.h'));
        },
        /\/libbpf\.h is a link that leads out, to /,
      ],
      [
        'a directory elsewhere',
        () => {
          fs.rmSync(at('lib64'), { recursive: true });
          fs.mkdirSync(path.join(own.path, 'lib64'));
          fs.writeFileSync(path.join(own.path, 'lib64/libbpf.a'), '');
          fs.symlinkSync(path.join(own.path, 'lib64'), at('lib64'));
        },
        /\/lib64 is a link$/,
      ],
    ];
    for (const [what, change, words] of cases) {
      const copy = `${own.path}/kept`;
      fs.cpSync(prefix, copy, { recursive: true, verbatimSymlinks: true });
      change();
      const problem = await problemOf(findLibbpf(host, prefix), 'input');
      assert.match(problem.words.trim(), words, what);
      fs.rmSync(prefix, { recursive: true, force: true });
      fs.cpSync(copy, prefix, { recursive: true, verbatimSymlinks: true });
      fs.rmSync(copy, { recursive: true });
    }
    // Below a directory in which everybody may write, and through a link that leads there.
    fs.cpSync(prefix, path.join(own.path, 'prefix'), { recursive: true, verbatimSymlinks: true });
    fs.symlinkSync(path.join(own.path, 'prefix'), others);
    for (const one of [path.join(own.path, 'prefix'), others]) {
      const { words } = await problemOf(findLibbpf(host, one), 'input');
      assert.match(words, /can be changed by others than root/);
    }
    await problemOf(verify(others), 'input');
  });
});
