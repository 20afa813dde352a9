import * as l10n from '@vscode/l10n';
import type { ResultDocument } from '../src/results/document.ts';
import type { Run } from '../src/results/runs.ts';
import { duration, when } from '../src/results/format.ts';
import { planText, reachText, topologyText } from '../src/results/words/planText.ts';
import type { Progress } from '../src/results/progress.ts';
import type { ShownRun } from '../src/results/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';
import { letterOf } from './runLetters.ts';

const STATES: Readonly<Record<Progress['state'], string>> = {
  running: 'Running',
  finished: 'Finished',
  cancelled: 'Cancelled',
  incomplete: 'Incomplete',
};

export type HeaderEvents = {
  onResume(): void;
  onAddRuns(): void;
  onCompareRun(run: number): void;
  onRemoveRun(run: number): void;
};

/** Facts of the run, how far it has come, and the runs shown beside it. */
export class Header {
  readonly #title = el('h1');
  // Only the state is announced to a screen reader, not every sample.
  readonly #state = el('strong', { role: 'status', id: 'state' });
  readonly #counts = el('span', { id: 'counts' });
  readonly #progress = el('progress', { 'aria-label': l10n.t('Samples taken') });
  readonly #resume: HTMLButtonElement;
  readonly #facts = el('dl', { class: 'facts' });
  readonly #runs = el('ul', { class: 'runs', 'aria-label': l10n.t('Runs shown') });
  readonly #add: HTMLButtonElement;
  readonly #events: HeaderEvents;
  /** Names of the runs shown, in their order, and the buttons that take away all but the first. */
  #labels: readonly string[] = [];
  #removes: readonly HTMLButtonElement[] = [];
  readonly element: HTMLElement;

  constructor(events: HeaderEvents) {
    this.#events = events;
    this.#resume = button(
      l10n.t('Resume'),
      () => {
        events.onResume();
      },
      { id: 'resume', class: 'primary' },
    );
    this.#add = button(
      l10n.t('Overlay another run…'),
      () => {
        events.onAddRuns();
      },
      { id: 'add-runs' },
    );
    this.element = el(
      'header',
      {},
      el(
        'div',
        { class: 'state' },
        this.#title,
        this.#state,
        this.#counts,
        this.#progress,
        this.#resume,
        this.#add,
      ),
      this.#facts,
      this.#runs,
    );
  }

  draw(shown: readonly ShownRun[], runs: readonly Run[], progress: Progress): void {
    const [own] = shown;
    if (!own) return;
    const { host, plan, programs } = own.document;
    this.#title.textContent = own.fileName;
    if (this.#state.textContent !== STATES[progress.state]) {
      this.#state.textContent = STATES[progress.state];
    }
    this.element.dataset['state'] = progress.state;
    this.#counts.textContent = countsText(progress, own.document);
    this.#progress.max = Math.max(progress.planned, 1);
    this.#progress.value = progress.taken;
    this.#progress.hidden = progress.state !== 'running';
    this.#resume.hidden = progress.state !== 'incomplete' && progress.state !== 'cancelled';
    const { reach } = programs;
    const facts: [string, string][] = [
      [l10n.t('Host'), `${host.name} (${host.distribution}, ${host.cpus} × ${host.architecture})`],
      [l10n.t('Kernel'), host.kernel],
      [l10n.t('Cgroup'), own.document.cgroup],
      [l10n.t('Policy'), programs.policy],
      [l10n.t('Plan'), planText(plan)],
      [l10n.t('Topology'), topologyText(plan)],
      ...(reach === undefined
        ? []
        : [[l10n.t('Reach'), reachText(reach)] satisfies [string, string]]),
      [l10n.t('Started'), startedText(own.document)],
    ];
    this.#facts.replaceChildren(
      ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    );
    this.#drawRuns(runs.map(({ label }) => label));
  }

  /** Left alone while the runs are the same: a live one is drawn with every sample. */
  #drawRuns(labels: readonly string[]): void {
    if (
      labels.length === this.#labels.length &&
      labels.every((each, i) => each === this.#labels[i])
    )
      return;
    this.#labels = labels;
    const focused = this.#removes.findIndex((each) => each === document.activeElement);
    this.#removes = labels.slice(1).map((label, index) =>
      button(
        '×',
        () => {
          this.#events.onRemoveRun(index + 1);
        },
        { 'aria-label': l10n.t('Remove {0}', label), class: 'close' },
      ),
    );
    this.#runs.hidden = labels.length < 2;
    this.#runs.replaceChildren(
      ...labels.map((label, index) =>
        el(
          'li',
          {},
          el('b', {}, letterOf(index)),
          ` ${label}`,
          index === 0 ? undefined : this.#compareButton(label, index),
          this.#removes[index - 1],
        ),
      ),
    );
    // The run that was removed took the keyboard's focus along: on with the next one.
    if (focused >= 0) (this.#removes[focused] ?? this.#removes.at(-1) ?? this.#add).focus();
  }

  #compareButton(label: string, run: number): HTMLButtonElement {
    return button(
      l10n.t('Compare'),
      () => {
        this.#events.onCompareRun(run);
      },
      { 'aria-label': l10n.t('Compare with {0}', label), class: 'close' },
    );
  }
}

function countsText({ state, taken, planned }: Progress, { plan }: ResultDocument): string {
  if (state === 'finished') return l10n.t('{0} samples', taken);
  return plan.targetInterval === undefined
    ? l10n.t('{0} of {1} samples', taken, planned)
    : l10n.t('{0} of at most {1} samples', taken, planned);
}

function startedText({ startedAt, finishedAt }: ResultDocument): string {
  return finishedAt === undefined
    ? when(startedAt)
    : l10n.t('{0}, took {1}', when(startedAt), duration(startedAt, finishedAt));
}
