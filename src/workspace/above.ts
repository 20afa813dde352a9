import path from 'node:path';

/**
 * Whether a setting may widen what is read of a project to a folder above the one that is open: never to everything that a person
 * has, as the setting may come from the project itself.
 * @param named as the setting has it: "..", "../..".
 * @param folder the folder that it names, absolute.
 */
export function isFolderAbove(named: string, folder: string, home: string): boolean {
  if (!/^\.\.(?:\/\.\.){0,4}\/?$/.test(named)) return false;
  const toHome = path.relative(folder, home);
  const holdsHome = toHome === '' || (!toHome.startsWith('..') && !path.isAbsolute(toHome));
  return !holdsHome && path.dirname(folder) !== folder;
}
