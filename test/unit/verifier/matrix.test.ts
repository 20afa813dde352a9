import assert from 'node:assert/strict';
import { matrixText, shownBelow } from '../../../src/cli/diagnosisText.ts';
import type { Diagnosis } from '../../../src/verifier/diagnose.ts';
import { matrixOf } from '../../../src/verifier/matrix.ts';

const place = { file: 'a.bpf.c', line: 6, column: 1, endColumn: 9 };
const statistics = {
  ...{ microseconds: 12, stack: [16], processed: 5995, limit: 1_000_000 },
  ...{ maxStatesPerInstruction: 1, states: 3, peakStates: 2 },
};
const program = (name: string, verdict: 'accepted' | 'rejected') => ({
  ...{ name, section: 'xdp', verdict, place, instructions: 9 },
  statistics: verdict === 'accepted' ? statistics : undefined,
});
const finding = (of: string | undefined) => ({
  ...({ place, severity: 'error', from: 'verifier', message: 'R1 invalid mem access' } as const),
  ...{ explanation: undefined, why: undefined, fix: undefined, related: [], program: of },
});
const DIAGNOSES: readonly Diagnosis[] = [
  {
    ...{ host: 'old', kernel: '5.10.0', findings: [finding('count')] },
    programs: [program('count', 'rejected'), program('other', 'accepted')],
  },
  {
    ...{ host: 'new.example.org', kernel: '6.18.44', findings: [] },
    programs: [program('count', 'accepted')],
  },
  { host: 'none', kernel: '', findings: [finding(undefined)], programs: [] },
];

describe('programs on several hosts', () => {
  it('have a cell for each host, with the place of what is wrong', () => {
    assert.deepEqual(matrixOf(DIAGNOSES).rows, [
      {
        program: 'count',
        cells: [
          { verdict: 'rejected', place },
          { verdict: 'accepted', processed: 5995 },
          { verdict: 'none' },
        ],
      },
      {
        program: 'other',
        cells: [{ verdict: 'accepted', processed: 5995 }, { verdict: 'none' }, { verdict: 'none' }],
      },
    ]);
  });

  it('are a table below what each host says', () => {
    const text = matrixText(DIAGNOSES, shownBelow(''));
    assert.match(text, /^old:\na\.bpf\.c:7:2: error: R1 invalid mem access \[verifier\]\n/);
    assert.equal(
      text.split('\n').slice(-5).join('\n'),
      `       old                        new.example.org            none
       Linux 5.10.0               Linux 6.18.44
count  rejected, a.bpf.c:7        accepted, 5,995 processed  -
other  accepted, 5,995 processed  -                          -
`,
    );
  });
});
