import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BUILD_LIMITS, type BuildLimits } from '../../src/bypass/compilerLimits.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { diagnose } from '../../src/verifier/diagnose.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { eventually } from '../harness/host/wait.ts';

const HEAD = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
`;
const PROGRAM = `SEC("xdp") int program(struct xdp_md *ctx)
{
	return XDP_PASS;
}
`;
const SECRET = 'the_administrators_secret';

describe('a hostile source, as the host sees it', () => {
  let sshd: TestSshd;
  let host: Host;
  let own: TemporaryDirectory;
  /** Where the host has its temporary files. */
  let temporary = '';
  const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));
  const verify = async (text: string, limits: Partial<BuildLimits> = {}) => {
    const source = {
      entry: 'a.bpf.c',
      files: new Map([['a.bpf.c', Buffer.from(text)]]),
      limits: { ...BUILD_LIMITS, ...limits },
    };
    const verification = await verifySource(host, source, { tool });
    return { ...verification, ...diagnose(verification, source) };
  };
  const fails = async (text: string): Promise<string> => {
    try {
      await verify(text);
    } catch (error) {
      assert.ok(error instanceof HostError);
      return error.problem.words;
    }
    return assert.fail('it is verified');
  };
  before(async () => {
    own = temporaryDirectory({ 'secret.h': `${SECRET};\n` });
    fs.chmodSync(path.join(own.path, 'secret.h'), 0o600);
    temporary = path.join(own.path, 'tmp');
    fs.mkdirSync(temporary);
    for (const directory of [own.path, temporary]) fs.chmodSync(directory, 0o755);
    sshd = await startSshd({ serverLines: [`SetEnv TMPDIR=${temporary}`] });
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  });
  after(async () => {
    await host.dispose();
    await sshd.stop();
    await own.remove();
  });

  it('is not compiled with root’s privileges, though root is who connects', async () => {
    const secret = path.join(own.path, 'secret.h');
    const included = await verify(`#define FILE "${secret}"\n#include FILE\n`);
    assert.equal(included.findings[0]?.from, 'clang');
    assert.match(included.findings[0].message, /secret\.h.*(?:not found|denied)/i);
    const embedded = await verify(
      `${HEAD}__asm__(".section .leak\\n.incbin \\"${secret}\\"\\n.text");\n${PROGRAM}`,
    );
    assert.match(embedded.compiler, /secret\.h/);
    for (const { compiler, object } of [included, embedded]) {
      assert.ok(!compiler.includes(SECRET));
      assert.ok(!Buffer.from(object ?? []).includes(SECRET));
    }
  });

  it('that includes a device without end takes nothing from it', async () => {
    const { programs } = await verify(`#define FILE "/dev/zero"\n#include FILE\n${HEAD}${PROGRAM}`);
    assert.equal(programs[0]?.verdict, 'accepted');
  });

  it('that crashes the compiler leaves nothing of it', async () => {
    const before = fs.readdirSync(os.tmpdir());
    assert.match(await fails('#pragma clang __debug crash\n'), /^the compiler has crashed/);
    const left = fs.readdirSync(os.tmpdir()).filter((name) => !before.includes(name));
    assert.deepEqual(
      left.filter((name) => /^a-|\.bpf/.test(name)),
      [],
    );
  });

  it('with a gigabyte of data is stopped', async () => {
    assert.match(await fails(`${HEAD}char big[1 << 30] = {1};\n`), /more than 32 MiB written/);
  });

  it('is given the time and the memory that a person says', async () => {
    const bomb = Array.from({ length: 22 }, (_, i) => `#define M${i + 1} M${i} M${i}\n`).join('');
    const slow = `#define M0 (void)0;\n${bomb}int program(void) { M22 return 0; }\n`;
    await assert.rejects(verify(slow, { compileSeconds: 1 }), /took longer than 1 s there/);
    await assert.rejects(verify(slow, { memoryMiB: 512 }), /ran out of memory \(0\.5 GiB/);
  });

  it('with more warnings than can be read is verified all the same', async () => {
    const { compiler, programs } = await verify(
      `${HEAD}${'#warning again and again\n'.repeat(50_000)}${PROGRAM}`,
    );
    assert.ok(compiler.length > 250_000 && compiler.length <= 1024 * 1024);
    assert.equal(programs[0]?.verdict, 'accepted');
  });

  it('with a map larger than the host’s memory is verified, and the host keeps its memory', async () => {
    const { programs } = await verify(`${HEAD}
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 30);
	__type(key, int);
	__uint(value_size, 1 << 16);
} huge SEC(".maps");
SEC("xdp") int program(struct xdp_md *ctx)
{
	int key = 0;
	return bpf_map_lookup_elem(&huge, &key) ? XDP_PASS : XDP_DROP;
}
`);
    assert.equal(programs[0]?.verdict, 'accepted');
    const { findings } = await verify(
      `${HEAD}char big[1 << 30];\n${PROGRAM.replace('XDP_PASS', 'big[ctx->ingress_ifindex & 7]')}`,
    );
    assert.match(findings[0]?.message ?? '', /the values of the maps take more than the 256 MiB/);
  });

  it('that pins its maps pins nothing', async () => {
    const name = `pinned_${process.pid}`;
    const { programs } = await verify(`${HEAD}
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ${name} SEC(".maps");
${PROGRAM.replace('XDP_PASS', `bpf_map_lookup_elem(&${name}, ctx) != 0`)}`);
    assert.equal(programs.length, 1);
    assert.ok(!fs.existsSync(`/sys/fs/bpf/${name}`));
  });

  it('that keeps the verifier busy is given up in time, with what is known by then', async () => {
    const busy = Array.from(
      { length: 200 },
      (_, index) => `SEC("xdp") int busy${index}(struct xdp_md *ctx)
{
	unsigned int sum = 0;

	for (int i = 0; i < 1000000; i++)
		sum += bpf_get_prandom_u32();
	return sum & 1;
}
`,
    );
    const { programs, findings } = await verify(`${HEAD}${PROGRAM}${busy.join('')}`, {
      verifySeconds: 3,
    });
    assert.equal(programs.length, busy.length + 1);
    assert.equal(programs[0]?.verdict, 'accepted');
    assert.equal(programs.at(-1)?.verdict, 'failed');
    assert.ok(findings.some(({ message }) => message.startsWith('no verdict: verifying took')));
  });

  it('with thousands of programs gets a verdict for each', async () => {
    const count = 2000;
    const many = Array.from(
      { length: count },
      (_, index) => `SEC("xdp") int p${index}(void *ctx) { return ${index} & 1; }\n`,
    );
    const { programs } = await verify(`${HEAD}${many.join('')}`);
    assert.equal(programs.length, count);
    assert.ok(
      programs.every(
        ({ verdict, statistics }) => (verdict === 'accepted') === (statistics !== undefined),
      ),
    );
  });

  it('leaves nothing but the tool itself on the host, and that only until it is let go', async () => {
    const list = (kind: string) => run('bpftool', ['-j', kind, 'list']);
    const links = await list('link');
    await verify(`${HEAD}${PROGRAM}`);
    assert.equal(await list('link'), links);
    const [workbench, ...others] = fs.readdirSync(temporary);
    assert.deepEqual(others, []);
    const left = (): string[] => fs.readdirSync(path.join(temporary, workbench ?? '')).toSorted();
    await eventually('only the tool is left', () => left().join(' ') === 'verify');
    await host.dispose();
    assert.deepEqual(fs.readdirSync(temporary), []);
  });
});
