import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const words = z.record(z.string(), z.string()).parse(JSON.parse(read('package.nls.json')));
const { contributes } = z
  .object({
    contributes: z.object({
      commands: z.array(z.object({ command: z.string() })),
      views: z.record(z.string(), z.array(z.object({ id: z.string() }))),
      walkthroughs: z.array(
        z.object({
          id: z.string(),
          steps: z.array(
            z.object({
              description: z.string(),
              completionEvents: z.array(z.string()).min(1),
              media: z.object({ altText: z.string(), image: z.record(z.string(), z.string()) }),
            }),
          ),
        }),
      ),
    }),
  })
  .parse(JSON.parse(read('package.json')));
const steps = contributes.walkthroughs.flatMap((one) => one.steps);
const views = Object.values(contributes.views)
  .flat()
  .map(({ id }) => id);

describe('the walkthrough', () => {
  it('has a picture for each theme at each step, which is shipped', () => {
    for (const { media } of steps) {
      assert.deepEqual(Object.keys(media.image).sort(), ['dark', 'hc', 'hcLight', 'light']);
      for (const file of Object.values(media.image)) {
        assert.match(file, /^media\/walkthrough\/[a-z-]+\.png$/);
        assert.ok(fs.statSync(path.join(root, file)).size < 100_000, file);
      }
    }
    assert.ok(read('.vscodeignore').includes('!media/walkthrough/*.png\n'));
  });

  it('leads to commands that there are, and is done by those that have done something', () => {
    const known = contributes.commands.map(({ command }) => command);
    const source = read('src/ui/contextKeys.ts');
    for (const { description, completionEvents } of steps) {
      const text = words[description.replaceAll('%', '')] ?? '';
      const links = Array.from(
        text.matchAll(/\(command:([\w.]+)\)/g),
        ([, command = '']) => command,
      );
      assert.ok(links.length > 0, text);
      for (const link of links) {
        const isView = views.includes(link.replace(/\.focus$/, ''));
        assert.ok(known.includes(link) || isView, link);
      }
      for (const event of completionEvents) {
        const [kind, id = ''] = event.split(':');
        if (kind === 'onView') assert.ok(views.includes(id), id);
        else {
          assert.match(event, /^onContext:sockmapBypass\.did\./);
          assert.ok(source.includes(`'${id.replace('sockmapBypass.did.', '')}'`), id);
        }
      }
    }
  });
});
