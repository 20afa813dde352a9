import * as vscode from 'vscode';
import { jsonText } from '../text.ts';

/** The words of the editor's language, for webview/words.ts: part of the HTML of each page. */
export const pageWords = (): string =>
  `<script type="application/json" id="words">${jsonText(vscode.l10n.bundle ?? {}).replaceAll('<', '\\u003c')}</script>`;
