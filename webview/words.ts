import * as l10n from '@vscode/l10n';

/** Imported first by each page: what it says is in the language of the editor (src/ui/pageWords.ts). */
const contents = document.getElementById('words')?.textContent ?? '';
if (contents !== '') l10n.config({ contents });
