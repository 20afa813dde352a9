import * as vscode from 'vscode';
import { bpfFilters } from '../diagnostics/bpfFiles.ts';
import { affects } from '../workspace/settings.ts';
import { LanguageItem, type LanguageState } from './window.ts';

/** The state of one of the two; `comesFirst` where a person has to do something before the rest is of use. */
export type Part = LanguageState & { readonly comesFirst?: boolean };

/** The state of the BPF C file in the editor, in one item beside its language: its verification, and clangd. */
export class BpfStatus implements vscode.Disposable {
  readonly #item = new LanguageItem('sockmapBypass.bpf', vscode.l10n.t('BPF C'), bpfFilters());
  readonly #parts: { verifier?: Part; clangd?: Part } = {};
  readonly #subscription = vscode.workspace.onDidChangeConfiguration((change) => {
    if (affects(change, 'verify.files')) this.#item.belongTo(bpfFilters());
  });

  show(part: 'verifier' | 'clangd', state: Part): void {
    this.#parts[part] = state;
    const { verifier, clangd } = this.#parts;
    const parts = [verifier ?? [], clangd ?? []].flat();
    const [first = state, second] = parts.sort((a, b) => rank(b) - rank(a));
    this.#item.show({
      ...first,
      icon: verifier?.icon,
      text: parts.map(({ text }) => text).join(' · '),
      detail: parts.flatMap(({ detail = '' }) => (detail === '' ? [] : [detail])).join(' · '),
      busy: first.busy === true || second?.busy === true,
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }
}

/** The command of the higher one is offered; of equals that of the verifier, which comes first. */
const rank = ({ severity, comesFirst }: Part): number =>
  (severity ?? vscode.LanguageStatusSeverity.Information) + (comesFirst === true ? 0.5 : 0);
