import type { ResultDocument } from '../src/bench/document.ts';
import type { Progress } from '../src/bench/summary.ts';
import { el } from './dom.ts';
import { duration, when } from './format.ts';

const STATES: Readonly<Record<Progress['state'], string>> = {
  running: 'Running',
  finished: 'Finished',
  incomplete: 'Incomplete',
};

/** What was measured, where, and how far it has come. */
export class Header {
  readonly #title = el('h1');
  // Only the state is announced to a screen reader, not every sample.
  readonly #state = el('strong', { role: 'status', id: 'state' });
  readonly #counts = el('span', { id: 'counts' });
  readonly #progress = el('progress', { 'aria-label': 'Samples taken' });
  readonly #facts = el('dl', { class: 'facts' });
  readonly element = el(
    'header',
    {},
    this.#title,
    el('p', { class: 'state' }, this.#state, ' ', this.#counts, ' ', this.#progress),
    this.#facts,
  );

  draw(document: ResultDocument, fileName: string, progress: Progress): void {
    const { host, plan, programs } = document;
    this.#title.textContent = fileName;
    if (this.#state.textContent !== STATES[progress.state]) {
      this.#state.textContent = STATES[progress.state];
    }
    this.element.dataset['state'] = progress.state;
    this.#counts.textContent = countsText(progress);
    this.#progress.max = Math.max(progress.planned, 1);
    this.#progress.value = progress.taken;
    this.#progress.hidden = progress.state !== 'running';
    const facts: [string, string][] = [
      ['Host', `${host.name} (${host.distribution}, ${host.cpus} × ${host.architecture})`],
      ['Kernel', host.kernel],
      ['Cgroup', document.cgroup],
      ['Policy', programs.policy],
      ['Plan', planText(plan)],
      ['Started', startedText(document)],
    ];
    this.#facts.replaceChildren(
      ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    );
  }
}

function countsText({ state, taken, planned }: Progress): string {
  if (state === 'finished' && taken === planned) return `${taken} samples`;
  return `${taken} of ${planned} samples`;
}

function planText({ name, repetitions, secondsPerSample }: ResultDocument['plan']): string {
  return `${name} (${repetitions} × ${secondsPerSample} s for each arm and size)`;
}

function startedText({ startedAt, finishedAt }: ResultDocument): string {
  const took = finishedAt === undefined ? '' : `, took ${duration(startedAt, finishedAt)}`;
  return `${when(startedAt)}${took}`;
}
