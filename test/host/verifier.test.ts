import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { collectSource, directoryReader, readSource } from '../../src/bypass/source.ts';
import { parseObject } from '../../src/verifier/object.ts';
import {
  dumpProgram,
  readStates,
  verifySource,
  type StatesLog,
  type Verification,
} from '../../src/verifier/verify.ts';
import { visitsOf } from '../../src/verifier/visits.ts';
import { Host } from '../../src/host/host.ts';
import { diagnose, type Diagnosis } from '../../src/verifier/diagnose.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { expectation, programsThatAre, VERIFIER_PROGRAMS } from '../harness/verifierPrograms.ts';

const BPF = path.join(import.meta.dirname, '../../bpf');

describe('programs and what the kernel says of them', () => {
  let sshd: TestSshd;
  let host: Host;
  const tool = fs.readFileSync(path.join(BPF, 'tools', 'verify.c'));
  const verify = async (
    entry: string,
    root = VERIFIER_PROGRAMS,
  ): Promise<[Verification, Diagnosis]> => {
    const source = await collectSource(entry, directoryReader(root));
    const verification = await verifySource(host, source, { tool });
    return [verification, diagnose(verification, source)];
  };
  before(async () => {
    sshd = await startSshd();
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  });
  after(async () => {
    await host.dispose();
    await sshd.stop();
  });

  for (const file of programsThatAre('rejected')) {
    it(`${file}: at its line, explained, with the whole log`, async () => {
      const { file: where, line, words, explanation } = expectation(file);
      const [verification, { findings }] = await verify(file);
      const [finding, ...others] = findings.filter(({ severity }) => severity === 'error');
      assert.ok(finding, verification.compiler);
      assert.equal(others.length, 0);
      assert.ok(finding.message.includes(words), finding.message);
      assert.equal(finding.place.file, where);
      assert.equal(finding.place.line, line, finding.message);
      assert.equal(finding.explanation, explanation, finding.message);
      assert.ok(finding.message.endsWith(`\n${finding.why}\n${finding.fix}`));
      // The compiler's code generator names a position alone.
      assert.ok(finding.from === 'clang' || finding.place.endColumn > finding.place.column);
      const [verdict] = verification.programs.filter(({ verdict: each }) => each !== 'accepted');
      if (finding.from === 'verifier') {
        const log = verdict?.log ?? '';
        assert.match(log, /processed \d+ insns \(limit \d+\)/);
        assert.doesNotMatch(log, /the log is longer/);
        // A log that is too long for its buffer keeps its end alone.
        const starts = ['0: R1=', 'Validating ', finding.message.split('\n')[0] ?? ''];
        assert.ok(
          starts.some((start) => log.startsWith(start)),
          log.slice(0, 200),
        );
      } else if (finding.from === 'libbpf') {
        // It may not be able to read the object at all.
        assert.notEqual(verdict?.words ?? verification.words, '');
      } else assert.equal(verification.object, undefined);
    });
  }

  it('the bundled programs, beside what newer headers of libbpf declare', async () => {
    const { files } = await readSource(BPF, 'guarded');
    // As bpf_core_read.h does since 1.4.
    const text = `#include "kernel.h"
#include <bpf/bpf_helpers.h>
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#include "sockmap_bypass.bpf.c"
`;
    const entry = 'newer.bpf.c';
    const source = { entry, files: new Map(files).set(entry, Buffer.from(text)) };
    const { compiler, programs } = await verifySource(host, source, { tool });
    assert.deepEqual(
      programs.map(({ verdict }) => verdict),
      ['accepted', 'accepted', 'accepted'],
      compiler,
    );
  });

  it('what user space sets before it loads is filled in, and said at its place', async () => {
    const [{ assumed }, { findings }] = await verify('accepted/sized-by-user-space.bpf.c');
    assert.deepEqual(
      new Set(assumed.map(({ about, name, as }) => `${about} ${name} ${as}`)),
      new Set([
        'key flows 4',
        'value flows 4096',
        'entries flows 1',
        'value events 0',
        'entries events 4096',
        'key perf 4',
        'value perf 4',
        'key stacks 4',
        'value stacks 1016',
        'entries stacks 1',
      ]),
    );
    const notes = findings.map(({ place, severity }) => `${severity} ${place.line}`);
    assert.deepEqual(new Set(notes), new Set(['note 5', 'note 10', 'note 14', 'note 19']));
  });

  it('a traced function that user space names is assumed, where the kernel traces functions', async () => {
    const text = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("fentry")
int traced(__u64 *ctx) { return ctx[5] > 0; }
char LICENSE[] SEC("license") = "GPL";
`;
    const source = { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from(text)]]) };
    const verification = await verifySource(host, source, { tool });
    assert.deepEqual(verification.assumed, [
      { about: 'target', name: 'traced', as: 'bpf_fentry_test6' },
    ]);
    const { findings, programs } = diagnose(verification, source);
    const [first] = findings;
    assert.equal(
      programs[0]?.verdict === 'accepted' ? 'note' : first?.explanation,
      first?.severity === 'note' ? 'note' : 'no-fentry',
      first?.message,
    );
    assert.equal(first?.place.line, 3);
  });

  it('a tool that crashes is said to have, with the signal', async () => {
    const source = await collectSource('accepted/loop.bpf.c', directoryReader(VERIFIER_PROGRAMS));
    const other = await startSshd();
    const crashing = new Host(other.alias, { ssh: { configFile: other.configFile } });
    try {
      await assert.rejects(
        verifySource(crashing, source, {
          tool: Buffer.from('int main(void) { __builtin_trap(); }'),
        }),
        /helper crashed \(SIGILL\)/,
      );
    } finally {
      await crashing.dispose();
      await other.stop();
    }
  });

  it('what the verifier did in programs, one by one, accepted or rejected', async () => {
    for (const [file, names] of [
      ['accepted/two-programs.bpf.c', undefined],
      ['rejected/null-map-lookup.bpf.c', undefined],
      ['accepted/loop.bpf.c', ['no_such_program']],
    ] as const) {
      const source = await collectSource(file, directoryReader(VERIFIER_PROGRAMS));
      const [{ programs }] = await verify(file);
      const asked = names ?? programs.map(({ name }) => name);
      const found: StatesLog[] = [];
      for await (const one of readStates(host, source, asked, { tool })) found.push(one);
      assert.deepEqual(
        found.map(({ program, isWhole }) => [program, isWhole]),
        asked.map((name) => [name, names === undefined]),
      );
      for (const { object, program, log, isWhole } of found.filter((each) => each.isWhole)) {
        assert.doesNotMatch(log, /^mark_precise: /m);
        const known = parseObject(object).find(({ name }) => name === program);
        assert.ok(known);
        const { visited, compiled } = await visitsOf(known, log, isWhole);
        const kept = Array.from(visited.values()).flatMap((line) => line.kept);
        assert.ok(kept.some(({ known: { size } }) => size > 0));
        assert.ok(visited.size <= compiled.size);
      }
    }
  });

  it('both listings name the source of what a header gave', async () => {
    const text = `#include "inc.h"
SEC("xdp")
int count(struct xdp_md *ctx)
{
	return side() ? XDP_PASS : XDP_DROP;
}
char LICENSE[] SEC("license") = "GPL";
`;
    const header = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
static __always_inline int side(void)
{
	return bpf_get_prandom_u32() & 1;
}
`;
    const files = new Map([
      ['a.bpf.c', Buffer.from(text)],
      ['inc.h', Buffer.from(header)],
    ]);
    const { xlated, jited } = await dumpProgram(host, { entry: 'a.bpf.c', files }, 'count', {
      tool,
    });
    for (const listing of [xlated, jited]) {
      assert.match(listing, /^; return bpf_get_prandom_u32\(\) & 1; @ inc\.h:5$/m);
      assert.match(listing, /^; .* @ a\.bpf\.c:5$/m);
    }
  });

  const bundled = ['sockmap_bypass.bpf.c', 'classic.bpf.c'].map((name) => [name, BPF] as const);
  for (const [file, root] of [
    ...programsThatAre('accepted').map((name) => [name, VERIFIER_PROGRAMS] as const),
    ...bundled,
  ]) {
    it(`${file}, with statistics`, async () => {
      const [{ compiler }, { findings, programs: reports }] = await verify(file, root);
      const errors = findings.filter(({ severity }) => severity !== 'note');
      assert.deepEqual(errors, [], compiler);
      assert.ok(reports.length > 0);
      for (const { verdict, statistics, instructions } of reports) {
        assert.equal(verdict, 'accepted');
        assert.ok((statistics?.processed ?? 0) > 0 && (instructions ?? 0) > 0);
      }
    });
  }
});
