import assert from 'node:assert/strict';
import { BACK, form, goBack, question } from '../../../src/ui/form.ts';

describe('a form of several questions', () => {
  /** Answers in turn; `back` goes back. Notes each question as it is put. */
  const person = (...answers: string[]) => {
    const put: string[] = [];
    const ask = (name: string): Promise<string | undefined> =>
      question(({ hasBack, before }) => {
        put.push([name, ...(hasBack ? ['back'] : []), ...before].join(' '));
        const value = answers.shift();
        if (value === 'back') return Promise.resolve(BACK);
        return Promise.resolve(value === undefined ? undefined : { value, shown: [value] });
      });
    return { put, ask };
  };

  it('goes back to the question before, which shows how it was answered', async () => {
    const { put, ask } = person('web1', 'app', 'back', 'db', 'quick');
    const all = await form(async () => [await ask('host'), await ask('cgroup'), await ask('plan')]);
    assert.deepEqual(all, ['web1', 'db', 'quick']);
    assert.deepEqual(put, ['host', 'cgroup back', 'plan back', 'cgroup back app', 'plan back']);
  });

  it('within another begins after its questions, and is not run anew by it', async () => {
    const { put, ask } = person('web1', 'own', '64', 'back', '1k', 'back', 'back', 'back', 'web2');
    let read = 0;
    const end = await form(async () => {
      const host = await ask('host');
      read++;
      if (host === 'web2') return host;
      return form(async () => [await ask('plan'), await ask('sizes'), await ask('rounds')].join());
    });
    assert.equal(end, 'web2');
    assert.equal(read, 2);
    assert.deepEqual(put, [
      'host',
      'plan back',
      'sizes back',
      'rounds back',
      'sizes back 64',
      'rounds back',
      'sizes back 1k',
      'plan back own',
      'host web1',
    ]);
  });

  it('ends where nothing is answered; goes back by itself where an answer does not do', async () => {
    const { put, ask } = person('web1', '/', 'app');
    const chosen = await form(async () => {
      await ask('host');
      const cgroup = await ask('cgroup');
      return cgroup === '/' ? goBack() : cgroup;
    });
    assert.equal(chosen, 'app');
    assert.deepEqual(put, ['host', 'cgroup back', 'cgroup back /']);
    assert.equal(await form(() => person().ask('host')), undefined);
    assert.equal(await person('web1').ask('alone'), 'web1');
  });
});
