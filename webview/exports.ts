import * as l10n from '@vscode/l10n';
import type { TextExport } from '../src/results/protocol.ts';
import { button, Toggle } from './chooser.ts';
import { el } from './dom.ts';

export type ExportEvents = {
  onLight(light: boolean): void;
  onPicture(format: 'png' | 'svg'): void;
  onCopyPicture(): void;
  onText(what: TextExport, to: 'file' | 'clipboard'): void;
};

/** The exports of a page: to the clipboard, or into a file. */
export class Exports {
  readonly #light: Toggle;
  readonly #said = el('output', { class: 'said' });
  readonly element: HTMLElement;

  constructor(events: ExportEvents) {
    this.#light = new Toggle('light', l10n.t('Light pictures'), (on) => {
      events.onLight(on);
    });
    const [copy, save] = [l10n.t('Copy'), l10n.t('Save as')];
    const text = (label: string, name: string, what: TextExport, to: 'file' | 'clipboard') =>
      button(
        label,
        () => {
          events.onText(what, to);
          if (to === 'clipboard') this.say(l10n.t('The Markdown is on the clipboard.'));
        },
        { 'aria-label': name },
      );
    const picture = (label: string, name: string, onClick: () => void) =>
      button(label, onClick, { 'aria-label': name });
    this.element = el(
      'div',
      { class: 'exports' },
      group(
        copy,
        picture(l10n.t('Picture'), l10n.t('Copy chart as picture'), () => {
          events.onCopyPicture();
        }),
        text(l10n.t('Markdown'), l10n.t('Copy this page as Markdown'), 'page', 'clipboard'),
      ),
      group(
        save,
        picture('PNG', l10n.t('Export chart as PNG'), () => {
          events.onPicture('png');
        }),
        picture('SVG', l10n.t('Export chart as SVG'), () => {
          events.onPicture('svg');
        }),
        text('CSV', l10n.t('Export this figure as CSV'), 'figure', 'file'),
        text(l10n.t('All samples'), l10n.t('Export all samples as CSV'), 'samples', 'file'),
        text(l10n.t('Report'), l10n.t('Export a Markdown report of all figures'), 'report', 'file'),
      ),
      this.#light.element,
      this.#said,
    );
  }

  draw(light: boolean): void {
    this.#light.draw(light);
  }

  say(words: string): void {
    this.#said.textContent = words;
  }
}

const group = (label: string, ...buttons: readonly HTMLElement[]): HTMLElement =>
  el(
    'div',
    { class: 'group', role: 'group', 'aria-label': label },
    el('span', { 'aria-hidden': 'true' }, label),
    ...buttons,
  );
