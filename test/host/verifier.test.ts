import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { collectSource, directoryReader } from '../../src/bypass/source.ts';
import { verifySource, type Verification } from '../../src/bypass/verify.ts';
import { Host } from '../../src/host/host.ts';
import { diagnose, type Diagnosis } from '../../src/language/verifier/diagnose.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';

const ROOT = path.join(import.meta.dirname, 'verifier');
const BPF = path.join(import.meta.dirname, '../../bpf');

const programs = (kind: string): string[] =>
  fs.readdirSync(path.join(ROOT, kind)).map((name) => path.join(ROOT, kind, name));

/** Where a file says it is rejected, from 0, and a part of the kernel's words. */
export function expectation(text: string): { line: number; words: string } {
  const line = text.split('\n').findIndex((each) => each.includes('// reject: '));
  const words = /\/\/ reject: (.*)$/m.exec(text)?.[1] ?? '';
  return { line, words };
}

describe('programs and what the kernel says of them', () => {
  let sshd: TestSshd;
  let host: Host;
  const tool = fs.readFileSync(path.join(BPF, 'verify.c'));
  const verify = async (entry: string): Promise<[Verification, Diagnosis]> => {
    const root = path.dirname(path.dirname(entry));
    const source = await collectSource(path.relative(root, entry), directoryReader(root));
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

  for (const file of programs('rejected')) {
    it(`${path.basename(file)} is rejected at its line, explained, with the whole log`, async () => {
      const { line, words } = expectation(fs.readFileSync(file, 'utf8'));
      const [verification, { findings }] = await verify(file);
      const [finding, ...others] = findings.filter(({ severity }) => severity === 'error');
      assert.ok(finding, verification.compiler);
      assert.equal(others.length, 0);
      assert.ok(finding.message.includes(words), finding.message);
      assert.equal(finding.place.line, line, finding.message);
      assert.ok(finding.why !== undefined && finding.mend !== undefined, finding.message);
      assert.ok(finding.place.endColumn > finding.place.column);
      const [verdict] = verification.programs.filter(({ verdict: each }) => each !== 'accepted');
      if (finding.from === 'verifier') {
        // From the first instruction or, where it does not get that far, the verifier's count on.
        assert.match(verdict?.log ?? '', /processed \d+ insns \(limit \d+\)/);
      } else assert.notEqual(verdict?.words ?? '', '');
    });
  }

  for (const file of [
    ...programs('accepted'),
    ...['sockmap_bypass.bpf.c', 'classic.bpf.c'].map((name) => path.join(BPF, name)),
  ]) {
    it(`${path.basename(file)} is accepted, with statistics`, async () => {
      const [{ compiler }, { findings, programs: reports }] = await verify(file);
      assert.deepEqual(findings, [], compiler);
      assert.ok(reports.length > 0);
      for (const { verdict, statistics, instructions } of reports) {
        assert.equal(verdict, 'accepted');
        assert.ok((statistics?.processed ?? 0) > 0 && (instructions ?? 0) > 0);
      }
    });
  }
});
