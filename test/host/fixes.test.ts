import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { BpfSource } from '../../src/bypass/build.ts';
import { collectSource, directoryReader } from '../../src/bypass/source.ts';
import { Host } from '../../src/host/host.ts';
import { diagnose, type Diagnosis, type Finding } from '../../src/verifier/diagnose.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { fixedText } from '../harness/fixedText.ts';
import { OFFERED } from '../harness/offeredFixes.ts';
import { VERIFIER_PROGRAMS } from '../harness/verifierPrograms.ts';

/** A second fault that shows when the first is gone. */
const LEFT: Readonly<Record<string, string>> = { 'null-socket': 'reference-leak' };

const XDP = (body: string): string => `
SEC("xdp")
int program(struct xdp_md *ctx)
{
	${body}
}
char LICENSE[] SEC("license") = "GPL";
`;
const [KERNEL, HELPERS] = ['#include <linux/bpf.h>\n', '#include <bpf/bpf_helpers.h>\n'];
/** Names that clang does not know, by what is offered for each. */
const UNKNOWN: Readonly<Record<string, string>> = {
  'Insert: #include <bpf/bpf_endian.h>': `${KERNEL}${HELPERS}${XDP('return bpf_ntohs(ctx->rx_queue_index) & 1;')}`,
  'Insert: #include <linux/bpf.h>': `${HELPERS}${XDP('return ctx->rx_queue_index & 1;')}`,
  'Insert: #include <linux/if_ether.h>': `${KERNEL}${HELPERS}${XDP('return ctx->data == ETH_P_IP;')}`,
  'Insert: #include <linux/pkt_cls.h>': `${KERNEL}${HELPERS}${XDP('return TC_ACT_OK;').replace('xdp"', 'tc"').replace('xdp_md', '__sk_buff')}`,
  'Define counts as libbpf reads it today': `${KERNEL}${HELPERS}struct bpf_map_def SEC("maps") counts = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct xdp_md),
	.max_entries = 10,
	.map_flags = BPF_F_NO_PREALLOC
};
${XDP('__u32 key = 0; return bpf_map_lookup_elem(&counts, &key) != 0;')}`,
  'Insert: #define ETH_P_IP 0x0800': `#include "vmlinux.h"\n${HELPERS}${XDP('return ctx->data == ETH_P_IP;')}`,
};

describe('quick fixes, applied', () => {
  const host = new Host('local');
  const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));
  const verify = async (source: BpfSource): Promise<Diagnosis> =>
    diagnose(await verifySource(host, source, { tool }), source);
  const errors = ({ findings }: Diagnosis): Finding[] =>
    findings.filter(({ severity }) => severity === 'error');
  const sourceOf = (file: string): Promise<BpfSource> =>
    collectSource(file, directoryReader(VERIFIER_PROGRAMS));
  after(() => host.dispose());

  for (const [name, offered] of Object.entries(OFFERED)) {
    it(`${name}: ${offered.join(', or ')}`, async () => {
      const file = `rejected/${name}.bpf.c`;
      const source = await sourceOf(file);
      const before = errors(await verify(source));
      const fixes = before.flatMap((finding) => finding.fixes ?? []);
      assert.deepEqual(
        fixes.map(({ title }) => title),
        offered,
      );
      for (const fix of fixes) {
        const text = fixedText(Buffer.from(source.files.get(file) ?? []).toString(), fix);
        const files = new Map(source.files).set(file, Buffer.from(text));
        const left = errors(await verify({ ...source, files }));
        assert.deepEqual(
          left.map(({ explanation }) => explanation),
          LEFT[name] === undefined ? [] : [LEFT[name]],
          `${text}\n${left.map(({ message }) => message).join('\n')}`,
        );
      }
    });
  }

  for (const [title, text] of Object.entries(UNKNOWN)) {
    it(title, async () => {
      const entry = 'a.bpf.c';
      const source = { entry, files: new Map([[entry, Buffer.from(text)]]) };
      const before = await verify(source);
      const fix = before.findings
        .flatMap(({ fixes }) => fixes ?? [])
        .find((one) => one.title === title);
      assert.ok(fix, before.findings.map(({ message }) => message).join('\n'));
      const files = new Map([[entry, Buffer.from(fixedText(text, fix))]]);
      assert.deepEqual((await verify({ entry, files })).findings, []);
    });
  }
});
