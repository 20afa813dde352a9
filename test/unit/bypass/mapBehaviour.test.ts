import assert from 'node:assert/strict';
import path from 'node:path';
import { mapBehaviour } from '../../../src/bypass/mapBehaviour.ts';
import { readSource } from '../../../src/bypass/source.ts';
import type { BpfSource } from '../../../src/bypass/build.ts';

const BPF = path.resolve(import.meta.dirname, '../../../bpf');

describe('what of the programs decides how sockets in their map behave', () => {
  let bundled: BpfSource;
  before(async () => {
    bundled = await readSource(BPF, 'guarded');
  });

  /** @param edit of the program's own file. */
  const after = (edit: (text: string) => string): string => {
    const text = new TextDecoder().decode(bundled.files.get(bundled.entry));
    const edited = edit(text);
    assert.notEqual(edited, text);
    const files = new Map(bundled.files).set(bundled.entry, new TextEncoder().encode(edited));
    return mapBehaviour({ ...bundled, files });
  };
  const replace = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to);

  it('is not a comment, a limit, a counter or a blank', () => {
    const now = mapBehaviour(bundled);
    assert.equal(after(replace('#define MSG_OVERHEAD 1024', '#define MSG_OVERHEAD 512')), now);
    assert.equal(after(replace('/*', '/* SEC("sk_msg") bpf_msg_redirect_hash() SK_DROP\n')), now);
    assert.equal(
      after((text) => `// bpf_sock_hash_update(\n${text}\n\n`),
      now,
    );
    assert.equal(after(replace('#define QUIET 16', '#define QUIET  8\nstatic int seen;')), now);
    // As the workspace's copy is built: how many fit into the map.
    assert.equal(mapBehaviour({ ...bundled, defines: { MAX_SOCKETS: 16 } }), now);
  });

  it('is a program more or less, a helper, a flag, a callback, a kind of map, a macro', () => {
    const now = mapBehaviour(bundled);
    const edits: ((text: string) => string)[] = [
      replace('SEC("sk_skb/stream_verdict")', 'static'),
      replace(/bpf_msg_redirect_hash\(/, 'do_not('),
      replace('BPF_F_INGRESS', '0'),
      replace('BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB', 'BPF_SOCK_OPS_TCP_CONNECT_CB'),
      replace('BPF_MAP_TYPE_SOCKHASH', 'BPF_MAP_TYPE_SOCKMAP'),
      replace('return SK_PASS', 'return SK_DROP'),
    ];
    const others = edits.map(after);
    const macro = mapBehaviour({ ...bundled, defines: { TRIED_A_SECOND: 1 } });
    assert.equal(new Set([now, macro, ...others]).size, edits.length + 2);
  });

  it('tells the two policies apart', async () => {
    assert.notEqual(mapBehaviour(await readSource(BPF, 'classic')), mapBehaviour(bundled));
  });
});
