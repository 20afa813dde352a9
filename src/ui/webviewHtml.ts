import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { pageWords } from './pageWords.ts';

interface PageParts {
  readonly title: string;
  /** Below `dist/`. */
  readonly script: string;
  /** Below `media/`, in their order. */
  readonly styles: readonly string[];
  /** HTML of ours, behind `<main>`. */
  readonly body?: string;
}

/** Lets a webview read what it needs of the extension, and shows a page of ours in it. */
export function showPage(extension: vscode.Uri, webview: vscode.Webview, parts: PageParts): void {
  webview.options = {
    enableScripts: true,
    localResourceRoots: ['dist', 'media'].map((folder) => vscode.Uri.joinPath(extension, folder)),
  };
  const resource = (...path: string[]) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, ...path)).toString();
  const nonce = randomBytes(16).toString('base64');
  const source = webview.cspSource;
  const policy = [
    `default-src 'none'`,
    // Not covered by the above.
    `base-uri 'none'`,
    `form-action 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    // The library that writes a chart as SVG finds the parts of a font by a style attribute.
    `style-src-attr 'unsafe-inline'`,
    `img-src ${source} data:`,
    `font-src ${source}`,
  ].join('; ');
  webview.html = `<!DOCTYPE html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${parts.title}</title>
${parts.styles.map((style) => `    <link rel="stylesheet" href="${resource('media', style)}" />`).join('\n')}
  </head>
  <body>
    <main></main>
${parts.body ?? ''}
    ${pageWords()}
    <script nonce="${nonce}" src="${resource('dist', parts.script)}"></script>
  </body>
</html>`;
}
