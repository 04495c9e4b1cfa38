// SPDX-License-Identifier: Apache-2.0
// Faults wear the site's frame, and nothing went wrong behind the pages.
import assert from 'node:assert/strict';
import { ask } from './browser.mjs';
import { test } from './tap.mjs';

export async function access(site, browser) {
  await test('every fault is a page of ours, in the reader\'s language',
    async () => {
      const page = await browser.open('util', {
        extraHTTPHeaders: { 'Accept-Language': 'es-MX' },
      });
      const asked = [
        [404, await ask(page, '/nope')],
        [403, await ask(page, '/meters')],
        [403, await ask(page, '/sign-out',
          { method: 'POST', form: { csrf: 'x' } })],
        [405, await ask(page, '/sign-out')],
        [413, await ask(page, '/sign-in', {
          method: 'POST', form: { csrf: 'x', login: 'x'.repeat(20000) },
        })],
        [400, await ask(page, '/sign-in?next=a&next=b')],
      ];
      for (const [status, answer] of asked) {
        const text = await answer.text();
        assert.equal(answer.status(), status, answer.url());
        assert.match(text, /<html lang="es">/, `${status}`);
        assert.match(text, /class="site-head"/, `${status}`);
        assert.match(text, /class="fault"/, `${status}`);
        assert.match(answer.headers()['content-security-policy'],
          /default-src 'none'/);
      }
      await page.context().close();
    });

  await test('no page asked elsewhere, broke its policy or threw', async () => {
    assert.deepEqual(browser.troubles, []);
  });
}
