// npm run pictures: makes those of the documents anew, from the real thing in a real VS Code, then those of the
// walkthrough.
//
//   npm run pictures                  all of them
//   npm run pictures -- views live    only these
import fs from 'node:fs';
import path from 'node:path';
import { runToEnd } from '../test/harness/cleanup.ts';
import { run } from '../test/harness/run.ts';
import { SCREENS, type Screen } from './pictures/screens.ts';
import { makeSet, type FilmSet } from './pictures/filmSet.ts';
import { takeSteps } from './pictures/walkthrough.ts';
import { setUp } from './setup.mjs';
import { root, runCommand } from './test/command.ts';
import { ownSurroundings } from './test/suites.ts';

const PICTURES = path.join(root, 'docs/pictures');
/** Set where it runs in surroundings of its own. */
const INSIDE = 'SOCKMAP_PICTURES_INSIDE';

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !SCREENS.some((screen) => screen.name === name));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}.`);
  if (process.env[INSIDE] === undefined) {
    await setUp(['node', 'host', 'applications', 'sshd', 'editor', 'pictures']);
    await alone(wanted);
    if (process.exitCode === 0) await takeSteps();
    return;
  }
  fs.mkdirSync(PICTURES, { recursive: true });
  await using set = await makeSet();
  for (const screen of SCREENS)
    if (wanted.length === 0 || wanted.includes(screen.name)) await take(set, screen);
}

/** Once more, where nothing of this machine is to be seen: its cgroups, pins and connections. */
async function alone(wanted: readonly string[]): Promise<void> {
  const env = { [INSIDE]: '1' };
  const { argv, remove } = ownSurroundings('pictures', env);
  const script = [process.execPath, '--import', 'tsx', import.meta.filename, ...wanted];
  const { code } = await runCommand([...argv, ...script], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  for (const complaint of await remove()) console.error(complaint);
  process.exitCode = code;
}

/** Takes a screen in both themes. */
async function take(set: FilmSet, screen: Screen): Promise<void> {
  const { name, size, part, prepare, show, finish } = screen;
  const { session } = set;
  const { workbench, page } = session;
  await page.setViewportSize(size);
  await workbench.run('View: Close All Editors');
  await prepare?.(set);
  for (const theme of ['dark', 'light'] as const) {
    await session.setTheme(theme);
    await workbench.clearNotifications();
    await page.mouse.move(size.width / 2, 1);
    await show(set);
    const file = path.join(PICTURES, `${name}-${theme}.png`);
    await page.locator(part).first().screenshot({ path: file });
    // Few colours: text and lines stay as sharp, at a third of the bytes.
    await run('pngquant', ['--force', '--skip-if-larger', '--ext', '.png', '--speed', '1', file]);
    console.log(`${path.relative(process.cwd(), file)}: ${fs.statSync(file).size} bytes`);
    await page.keyboard.press('Escape');
  }
  await finish?.(set);
}

await runToEnd(main);
