import * as vscode from 'vscode';
import { withMetric } from '../results/figure.ts';
import { figuresOf } from '../results/figures.ts';
import { runsOf, type Run } from '../results/runs.ts';
import { figureCsv, pageMarkdown, reportMarkdown, samplesCsv } from '../results/export.ts';
import type { FromPanel, ShownRun } from '../results/protocol.ts';
import { showInformation } from './window.ts';

type Export = Extract<FromPanel, { type: 'exportText' | 'exportPicture' }>;

const FILTERS: Readonly<Record<string, string>> = {
  png: vscode.l10n.t('PNG picture'),
  svg: vscode.l10n.t('SVG picture'),
  csv: vscode.l10n.t('Comma-separated values'),
  md: vscode.l10n.t('Markdown'),
};

/** Copies what is wanted to the clipboard, or asks where to and writes a file. */
export async function exportShown(
  document: vscode.Uri,
  shown: readonly ShownRun[],
  wanted: Export,
): Promise<void> {
  const runs = runsOf(shown.map((run) => run.document));
  if (runs.length === 0) return;
  const { suffix, extension, content } =
    wanted.type === 'exportText'
      ? textOf(runs, wanted)
      : {
          suffix: wanted.figure,
          extension: wanted.picture.format,
          content: wanted.picture.content,
        };
  if (wanted.type === 'exportText' && wanted.to === 'clipboard' && typeof content === 'string') {
    await vscode.env.clipboard.writeText(content);
    return;
  }
  await saveBeside(document, suffix, extension, content);
}

/** Asks where to, beside the document, and writes the file. */
export async function saveBeside(
  document: vscode.Uri,
  suffix: string,
  extension: string,
  content: string | Uint8Array,
): Promise<void> {
  const base = document.path.replace(/\.sockmap-bench\.json$/, '');
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export'),
    defaultUri: document.with({ path: `${base}-${suffix}.${extension}` }),
    filters: { [FILTERS[extension] ?? extension]: [extension] },
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(
    target,
    typeof content === 'string' ? new TextEncoder().encode(content) : content,
  );
  const name = target.path.slice(target.path.lastIndexOf('/') + 1);
  void showInformation(vscode.l10n.t('Exported {0}.', name), vscode.l10n.t('Open')).then(
    (choice) => choice && vscode.commands.executeCommand('vscode.open', target),
  );
}

function textOf(runs: readonly Run[], wanted: Extract<Export, { type: 'exportText' }>) {
  const { what, figure, metric } = wanted;
  switch (what) {
    case 'samples':
      return { suffix: 'samples', extension: 'csv', content: samplesCsv(runs) };
    case 'figure': {
      const content = figureCsv(withMetric(figuresOf(runs)[figure], metric), runs);
      return { suffix: figure, extension: 'csv', content };
    }
    case 'page':
      return { suffix: figure, extension: 'md', content: pageMarkdown(runs, figure, metric) };
    case 'report':
      return { suffix: 'report', extension: 'md', content: reportMarkdown(runs) };
  }
}
