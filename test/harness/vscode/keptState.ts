import type { Page } from 'playwright-core';
import { eventually } from '../host/wait.ts';

/**
 * Waits until VS Code for the Web has written that an editor is open. It does so every five seconds, when it is idle:
 * what is reloaded sooner is forgotten. A page that was written before it had drawn itself comes back without its
 * state, and cannot tell what it showed.
 * @param title of a page.
 */
export async function editorIsKept(
  page: Page,
  title: string,
  { hasState }: { readonly hasState: boolean },
): Promise<void> {
  // Its editor is JSON in JSON.
  const last = hasState ? '\\"state\\":' : '';
  await eventually(`VS Code has written that ${title} is open`, async () =>
    (await page.evaluate(keptEditors)).some(
      (kept) => kept.includes(title) && kept.slice(kept.indexOf(title)).includes(last),
    ),
  );
}

/** In the page: the state of the editors of each window that its storage knows, as text. */
async function keptEditors(): Promise<string[]> {
  const databases = (await indexedDB.databases()).filter(({ name }) =>
    name?.startsWith('vscode-web-state-db-'),
  );
  return Promise.all(
    databases.map(
      ({ name = '' }) =>
        new Promise<string>((resolve, reject) => {
          const opening = indexedDB.open(name);
          opening.onerror = () => {
            reject(new Error(`${name} cannot be opened`));
          };
          opening.onsuccess = () => {
            const store = opening.result.transaction('ItemTable').objectStore('ItemTable');
            const reading: IDBRequest<unknown> = store.get('memento/workbench.parts.editor');
            reading.onerror = () => {
              reject(new Error(`${name} cannot be read`));
            };
            reading.onsuccess = () => {
              opening.result.close();
              resolve(typeof reading.result === 'string' ? reading.result : '');
            };
          };
        }),
    ),
  );
}
