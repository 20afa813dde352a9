import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { compilerFlags, readTarget, type BpfSource } from '../../src/bypass/build.ts';
import { loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import { compileToLoad, Workbench } from '../../src/bypass/workbench.ts';
import { Host } from '../../src/host/host.ts';
import { Mirror } from '../../src/language/mirror.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));

/** As those that come with Linux 5.15. */
const OLD_BPFTOOL = `#!/bin/sh
[ "$*" != version ] || { echo 'bpftool v5.15.160'; exit; }
exec /usr/sbin/bpftool "$@"
`;

describe('one build for loading, verifying and typing', () => {
  let own: TemporaryDirectory;
  let sshd: TestSshd;
  let host: Host;
  let site: BypassSite;
  const connect = async (environment: string): Promise<void> => {
    sshd = await startSshd({ serverLines: [`SetEnv ${environment}`] });
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  };
  beforeEach(() => {
    own = temporaryDirectory({ bpftool: OLD_BPFTOOL });
    fs.chmodSync(path.join(own.path, 'bpftool'), 0o755);
    fs.chmodSync(own.path, 0o755);
    site = makeSite('build');
  });
  afterEach(async () => {
    await host.dispose();
    await sshd.stop();
    await site.remove();
    await own.remove();
  });

  /** The bundled programs below `bpf`, which need a macro, and a header of another directory. */
  const needing = async (): Promise<BpfSource> => {
    const { files } = await bpfSource('guarded');
    const entry = 'bpf/sockmap_bypass.bpf.c';
    const moved = new Map<string, Uint8Array>(
      Array.from(files, ([name, content]) => [`bpf/${name}`, content]),
    );
    const text = `#include "wanted.h"\n#if FLAG != 1 || FIRST != 2\n#error not built as said\n#endif\n${Buffer.from(moved.get(entry) ?? []).toString()}`;
    moved.set(entry, Buffer.from(text));
    moved.set('lib/first.h', Buffer.from('#define FIRST 2\n'));
    moved.set('lib/wanted.h', Buffer.from('#if WANTED != 4711\n#error not defined\n#endif\n'));
    return {
      entry,
      files: moved,
      defines: { WANTED: 4711 },
      include: ['lib'],
      flags: ['-DFLAG=1', '-mcpu=v2'],
      preincluded: ['lib/first.h'],
    };
  };

  it('makes the same object wherever it is compiled', async () => {
    await connect('X=1');
    const source = await needing();
    const target = await readTarget(host);
    const { object } = await verifySource(host, source, { tool });
    await using bench = await Workbench.open(host, target);
    const uploaded = await bench.upload(source);
    const loaded = fs.readFileSync(await compileToLoad(bench, uploaded));
    assert.ok(loaded.length > 10_000);
    assert.deepEqual(loaded, Buffer.from(object ?? []));
    assert.ok(!loaded.includes(bench.directory));

    await using mirror = await Mirror.open(host);
    await mirror.sync(0, source.files);
    const command = mirror.command(0, source, source.entry);
    assert.deepEqual(await mirror.checkSyntax(0, command), {
      words: '',
      clangd: mirror.target.clangd,
    });
    const types = `${mirror.directory}/include`;
    const flags = compilerFlags(target, mirror.folder(0), types, source);
    assert.deepEqual(command.slice(1, 1 + flags.length), flags);
  });

  it('loads what needs a macro and a further directory, and not without them', async () => {
    await connect('X=1');
    const source = await needing();
    const cgroup = site.path;
    const { attachments } = await loadBypass(host, { cgroup, source });
    const [loaded] = attachments.filter((one) => one.cgroup === cgroup);
    assert.equal(loaded?.state, 'attached');
    await unloadBypass(host, cgroup);
    for (const lacking of [
      { ...source, defines: {} },
      { ...source, include: [] },
      { ...source, flags: [] },
      { ...source, preincluded: [] },
    ]) {
      const { words } = await problemOf(loadBypass(host, { cgroup, source: lacking }), 'compile');
      assert.match(words, /^bpf\/sockmap_bypass\.bpf\.c:[1-3]:|^In file included from bpf\//);
    }
    await site.assertClean();
  });

  it('says that a bpftool is too old to link, and since when they do', async () => {
    fs.writeFileSync(path.join(own.path, 'bpftool'), OLD_BPFTOOL.replace('5.15.160', '5.10.1'));
    await connect(`PATH=${own.path}:/usr/sbin:/usr/bin:/sbin:/bin`);
    const entry = 'a.bpf.c';
    const source = { entry, files: new Map([[entry, Buffer.from('int a;\n')]]) };
    const linked = { ...source, linked: [{ entry }, { entry }] };
    const { words } = await problemOf(verifySource(host, linked, { tool }), 'compile');
    assert.match(
      words,
      /^bpftool 5\.10\.1 there is too old to link objects: "gen object" came with 5\.13$/,
    );
  });

  it('leaves out what an old bpftool does not find, in the editor as in a load', async () => {
    const text = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#ifndef LOADS_DIRECTLY
#error nobody has told
#endif
SEC("socket") int pass(void *ctx) { return LOADS_DIRECTLY; }
char LICENSE[] SEC("license") = "GPL";
`;
    const source = { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from(text)]]) };
    await connect(`PATH=${own.path}:/usr/sbin:/usr/bin:/sbin:/bin`);
    const { compiler, programs } = await verifySource(host, source, { tool });
    assert.equal(programs[0]?.verdict, 'accepted', compiler);
    await using bench = await Workbench.open(host, await readTarget(host));
    await compileToLoad(bench, await bench.upload(source));
    await using mirror = await Mirror.open(host);
    await mirror.sync(0, source.files);
    const { words } = await mirror.checkSyntax(0, mirror.command(0, source, source.entry));
    assert.equal(words, '');
  });
});
