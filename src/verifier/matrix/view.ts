import * as l10n from '@vscode/l10n';
import { oneLine } from '../../text.ts';
import type { Diagnosis } from '../diagnose.ts';
import { cellOf, matrixOf, wholeOf, type Cell } from '../matrix.ts';
import { cellAt, type CellView, type MatrixView, type SourceView } from './protocol.ts';

/** How the question about a source stands on a host. */
export type Asked =
  | { readonly state: 'answered'; readonly diagnosis: Diagnosis }
  | {
      readonly state: 'unrun' | 'running' | 'unreached';
      /** Why the host could not be asked. */
      readonly problem?: string;
      /** The answer before: its programs are rows already. */
      readonly diagnosis?: Diagnosis | undefined;
    };

export interface AskedSource {
  readonly name: string;
  /** One a host. */
  readonly asked: readonly Asked[];
}

/** Programs of sources on several hosts, as a page or a text shows them. */
export function matrixView(hosts: readonly string[], sources: readonly AskedSource[]): MatrixView {
  const shown = sources.map(sourceView);
  return {
    hosts: hosts.map((name, index) => ({
      name: oneLine(name, 200),
      kernel: oneLine(kernelOf(sources.map(({ asked }) => asked[index])), 80),
    })),
    sources: shown,
    summary: summaryOf(shown),
    isRunning: shown.some(({ columns }) => columns.flat().some(({ state }) => state === 'running')),
  };
}

const kernelOf = (asked: readonly (Asked | undefined)[]): string =>
  asked.flatMap((one) => one?.diagnosis?.kernel ?? []).find((kernel) => kernel !== '') ?? '';

function sourceView({ name, asked }: AskedSource): SourceView {
  const { rows } = matrixOf(asked.flatMap(({ diagnosis }) => diagnosis ?? []));
  const programs = rows.map(({ program, section }) => ({
    name: oneLine(program, 200),
    section: oneLine(section, 200),
  }));
  return {
    name: oneLine(name, 300),
    programs: programs.length > 0 ? programs : [{ name: '', section: '' }],
    columns: asked.map((one) => {
      if (one.state !== 'answered') {
        const { state, problem = '' } = one;
        return [{ state, words: OPEN[state], detail: oneLine(problem, 600) }];
      }
      const { diagnosis } = one;
      return diagnosis.programs.length === 0
        ? [cellView(wholeOf(diagnosis))]
        : rows.map(({ program }) => cellView(cellOf(diagnosis, program)));
    }),
  };
}

const OPEN: Readonly<Record<Exclude<Asked['state'], 'answered'>, string>> = {
  get unrun() {
    return l10n.t('not run');
  },
  get running() {
    return l10n.t('running');
  },
  get unreached() {
    return l10n.t('could not be asked');
  },
};

function cellView({ verdict, processed, place, explanation = '' }: Cell): CellView {
  const detail =
    verdict !== 'accepted'
      ? oneLine(explanation, 300)
      : processed === undefined
        ? ''
        : l10n.t('{0} instructions processed', processed.toLocaleString('en'));
  return {
    state: verdict,
    words: VERDICTS[verdict],
    detail,
    ...(place && { place: `${oneLine(place.file, 200)}:${place.line + 1}` }),
  };
}

const VERDICTS: Readonly<Record<Cell['verdict'], string>> = {
  get accepted() {
    return l10n.t('verified');
  },
  get rejected() {
    return l10n.t('rejected');
  },
  get failed() {
    return l10n.t('cannot be loaded');
  },
  get uncompiled() {
    return l10n.t('does not compile');
  },
  get none() {
    return l10n.t('not in this object');
  },
};

/** "4 verified, 1 rejected, 1 not run". */
function summaryOf(sources: readonly SourceView[]): string {
  const states = sources.flatMap(({ programs, columns }) =>
    columns.flatMap((cells) => programs.map((_, row) => cellAt(cells, row)?.state)),
  );
  return COUNTED.flatMap(([counted, words]) => {
    const { length } = states.filter((state) => state !== undefined && counted.includes(state));
    return length === 0 ? [] : [words(length)];
  }).join(', ');
}

const COUNTED: readonly (readonly [CellView['state'][], (count: number) => string])[] = [
  [['accepted'], (count) => l10n.t('{0} verified', count)],
  [['rejected', 'failed', 'uncompiled'], (count) => l10n.t('{0} rejected', count)],
  [['running'], (count) => l10n.t('{0} running', count)],
  [['unrun'], (count) => l10n.t('{0} not run', count)],
  [['unreached'], (count) => l10n.t('{0} could not be asked', count)],
];
