import './words.ts';
import * as l10n from '@vscode/l10n';
import type {
  AssessmentView,
  AssessPageState,
  AssessPageView,
  FromAssessPage,
  ToAssessPage,
} from '../src/assess/page/protocol.ts';
import { AssessGraph } from './assessGraph.ts';
import { AssessPairs, type PairChoices } from './assessPairs.ts';
import { AssessVerdict } from './assessVerdict.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';

/** VS Code keeps it while the page is hidden, and over a reload of the window. */
type State = AssessPageState & { readonly pairs: PairChoices };

declare function acquireVsCodeApi(): {
  postMessage(message: FromAssessPage): void;
  getState(): unknown;
  setState(state: State): void;
};

const vscode = acquireVsCodeApi();
const send = (message: FromAssessPage): void => {
  vscode.postMessage(message);
};
let choices = restoreChoices(vscode.getState());
let view: AssessPageView | undefined;
/** When the assessment ended, by the clock of the page. */
let endedAt = 0;

const title = el('h1');
const age = el('span', { id: 'age' });
const state = el('strong', { role: 'status', id: 'state' });
const again = button(
  l10n.t('Assess again'),
  () => {
    send({ type: 'assess' });
  },
  { id: 'again' },
);
const facts = el('dl', { class: 'facts' });
const verdict = new AssessVerdict(send);
const graph = new AssessGraph();
const pairs = new AssessPairs(choices, (changed) => {
  choices = changed;
  keep();
});
const relies = el('section', { id: 'relies', 'aria-labelledby': 'relies-title' });
const unseen = el('section', { id: 'unseen', 'aria-labelledby': 'unseen-title' });
const gone = el(
  'p',
  { id: 'gone', hidden: true },
  l10n.t(
    'This assessment ended when the window was reloaded: it is kept in memory only. Who talks to whom may have changed since.',
  ),
);
const body = el(
  'div',
  { id: 'assessment', hidden: true },
  facts,
  verdict.element,
  graph.element,
  pairs.element,
  relies,
  unseen,
);
document
  .querySelector('main')
  ?.append(el('header', {}, title, el('p', { class: 'state' }, state, age, again)), gone, body);

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToAssessPage(data)) return;
  view = data.view;
  endedAt = performance.now() - view.ageMs;
  keep();
  draw(view);
});
window.setInterval(drawAge, 10_000);
send({ type: 'ready' });

function draw({ host, assessment, busy }: AssessPageView): void {
  title.textContent = l10n.t('Local traffic of {0}', host);
  const words = busy ? l10n.t('Assessing…') : '';
  if (state.textContent !== words) state.textContent = words;
  state.hidden = !busy;
  again.setAttribute('aria-disabled', String(busy));
  again.classList.toggle('primary', assessment === undefined);
  gone.hidden = assessment !== undefined;
  body.hidden = assessment === undefined;
  if (assessment !== undefined) drawAssessment(assessment);
  drawAge();
}

function drawAssessment(assessment: AssessmentView): void {
  facts.replaceChildren(
    ...assessment.facts.map(([name, value]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value)),
    ),
  );
  verdict.draw(assessment);
  graph.draw(assessment.graph);
  pairs.draw(assessment);
  drawReliances(assessment);
  const { notLookedAt } = assessment;
  unseen.hidden = notLookedAt.length === 0;
  unseen.replaceChildren(
    el('h2', { id: 'unseen-title' }, l10n.t('Not looked at')),
    el('ul', {}, ...notLookedAt.map((text) => el('li', {}, text))),
  );
}

function drawReliances({ relies: found }: AssessmentView): void {
  relies.hidden = found.length === 0;
  const columns = [
    l10n.t('Process'),
    l10n.t('Asks for'),
    l10n.t('On a bypass'),
    l10n.t('Known from'),
  ];
  relies.replaceChildren(
    el('h2', { id: 'relies-title' }, l10n.t('What they rely on')),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': l10n.t('Table of reliances') },
      el(
        'table',
        { id: 'relies-table' },
        el('thead', {}, el('tr', {}, ...columns.map((each) => el('th', { scope: 'col' }, each)))),
        el(
          'tbody',
          {},
          ...found.map(({ who, use, consequence, basis, isGrave }) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row' }, who),
              el('td', {}, use),
              el('td', { class: isGrave ? 'grave' : '' }, consequence),
              el('td', {}, basis),
            ),
          ),
        ),
      ),
    ),
  );
}

function drawAge(): void {
  if (view === undefined) return;
  const minutes = Math.floor((performance.now() - endedAt) / 60_000);
  const words = minutes < 1 ? l10n.t('assessed just now') : l10n.t('assessed {0} min ago', minutes);
  const text = view.assessment === undefined ? '' : words;
  if (age.textContent !== text) age.textContent = text;
}

function keep(): void {
  if (view !== undefined) vscode.setState({ ...view.kept, pairs: choices });
}

/** Kept by an earlier version, or by none. */
function restoreChoices(kept: unknown): PairChoices {
  const { pairs: known } = (kept ?? {}) as { pairs?: Partial<PairChoices> };
  const { column, descending } = known?.sorting ?? {};
  return {
    filter: typeof known?.filter === 'string' ? known.filter : '',
    sorting:
      typeof column === 'number' && typeof descending === 'boolean'
        ? { column, descending }
        : undefined,
  };
}

/** The frame also gets messages of the editor's own; the extension has made what is inside ours. */
function isToAssessPage(message: unknown): message is ToAssessPage {
  return (message as { type?: unknown } | null)?.type === 'assessment';
}
