// SPDX-License-Identifier: Apache-2.0
// What every page owes to everybody: axe-core's rules, no sideways scrolling,
// a visible focus, room for fingers, paper, large text, small weight.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from './tap.mjs';
import { days } from './usage.mjs';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
  'best-practice'];

// Every kind of page: name, who looks, path.
function pages() {
  const { first, middle, last } = days();
  return [
    ['home', null, '/'],
    ['sign-in', null, '/sign-in'],
    ['not found', null, '/nope'],
    ['forbidden', 'util', '/meters'],
    ['profile', 'rosa', '/profile'],
    ['meters', 'rosa', '/meters'],
    ['no meters', 'none', '/meters'],
    ['day', 'rosa', `/meters/1/day?day=${middle}`],
    ['week', 'rosa', `/meters/1/week?day=${last}`],
    ['month', 'rosa', `/meters/1/month?day=${middle}`],
    ['month with solar', 'rosa', `/meters/2/month?day=${middle}`],
    ['year', 'rosa', `/meters/1/year?day=${middle}&report=monthly`],
    ['range', 'rosa', `/meters/2/range?from=${first}&to=${last}&report=daily`],
    ['year by day', 'rosa', `/meters/1/year?day=${middle}&report=daily`],
    ['administration', 'boss', '/admin'],
    ['completeness', 'boss', '/admin/coverage'],
    ['completeness of a day', 'boss', `/admin/coverage/day?day=${middle}`],
    ['past the limit', 'rosa',
      `/meters/1/range?from=${first}&to=${last}&report=interval`],
  ];
}

async function axe(page) {
  return page.evaluate(async ([source, tags]) => {
    if (!window.axe) (0, eval)(source);
    const found = await window.axe.run(document, {
      runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'],
    });
    return found.violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n  `
      + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join('\n  '));
  }, [AXE, TAGS]);
}

// Elements that stick out on the right of the window.
function overflowing() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > width + 1)
    .slice(0, 5).map((e) => e.outerHTML.slice(0, 120));
}

// Buttons, links of menus and fields lower than a finger (44 px; 24 px for
// links in running text, which axe looks after).
function tooSmall() {
  return [...document.querySelectorAll('button, .button, .choices a, .menu a, '
    + 'select, input:not([type=hidden]):not([hidden])')]
    .filter((e) => e.getBoundingClientRect().height > 0)
    .filter((e) => e.getBoundingClientRect().height < 43.5)
    .map((e) => e.outerHTML.slice(0, 120));
}

// Walks a page by Tab; what has focus but does not show it, or is hidden.
async function tabWalk(page) {
  const bad = [];
  const seen = new Set();
  await page.evaluate(() => document.activeElement.blur());
  for (let i = 0; i < 220; i += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      window.walked ??= new Map();
      if (!window.walked.has(e)) window.walked.set(e, window.walked.size);
      const style = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      const shown = (style.outlineStyle !== 'none'
        && parseFloat(style.outlineWidth) >= 2)
        || (e.closest('svg') && style.strokeWidth !== '0px');
      return { key: window.walked.get(e), html: e.outerHTML.slice(0, 120),
        shown, inside: box.bottom > 0 && box.top < innerHeight };
    });
    if (!at) break;
    if (seen.has(at.key)) break;
    seen.add(at.key);
    if (!at.shown) bad.push(`no visible focus: ${at.html}`);
    if (!at.inside) bad.push(`out of sight: ${at.html}`);
  }
  return { bad, count: seen.size };
}

async function axeEverywhere(browser) {
  const people = [null, 'rosa', 'none', 'util'];
  for (const locale of ['en-US', 'es-MX']) {
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [360, 1280]) {
        await test(`axe: every page, ${locale}, ${colorScheme}, ${width} px`,
          async () => {
            const found = [];
            for (const who of people) {
              const page = await browser.open(who, {
                locale, colorScheme, viewport: { width, height: 800 },
                bypassCSP: true,
              });
              if (who) await inLanguage(page, locale);
              for (const [name, whose, path] of pages()) {
                if (whose !== who) continue;
                await page.goto(path);
                for (const line of await axe(page))
                  found.push(`${name}: ${line}`);
                for (const line of await page.evaluate(overflowing))
                  found.push(`${name} scrolls sideways: ${line}`);
              }
              await page.context().close();
            }
            assert.deepEqual(found, []);
          });
      }
    }
  }
}

// A profile may have a language; the switch sets the one wanted.
async function inLanguage(page, locale) {
  await page.goto('/profile');
  const name = locale === 'es-MX' ? 'Español' : 'English';
  const button = page.locator('.tools').getByRole('button', { name });
  if (await button.count()) {
    await button.click();
    await page.waitForLoadState();
  }
}

export async function looks(site, browser) {
  await test('axe and the measures see faults that are planted', async () => {
    const page = await browser.open(null, {
      viewport: { width: 360, height: 800 }, bypassCSP: true,
    });
    await page.goto('/');
    await page.evaluate(() => {
      const main = document.querySelector('main');
      main.insertAdjacentHTML('beforeend', '<img src="/static/logo.svg">'
        + '<p class="soft planted">hard to read</p><button class="small">x'
        + '</button><pre class="planted-wide">wide</pre>');
      document.querySelector('.planted').style.color = '#ccc';
      document.querySelector('.planted-wide').style.width = '900px';
    });
    const found = (await axe(page)).join('\n');
    assert.match(found, /image-alt/);
    assert.match(found, /color-contrast/);
    assert.notDeepEqual(await page.evaluate(overflowing), []);
    assert.notDeepEqual(await page.evaluate(tooSmall), []);
    await page.context().close();
  });

  await axeEverywhere(browser);

  await test('nothing scrolls sideways at 320 px, with wide text spacing',
    async () => {
      const found = [];
      for (const [name, who, path] of pages()) {
        const page = await browser.open(who, {
          viewport: { width: 320, height: 640 }, bypassCSP: true,
        });
        await page.goto(path);
        for (const line of await page.evaluate(overflowing))
          found.push(`${name}: ${line}`);
        await page.addStyleTag({ content: '* { line-height: 1.5 !important;'
          + 'letter-spacing: 0.12em !important;'
          + 'word-spacing: 0.16em !important } p {'
          + 'margin-bottom: 2em !important }' });
        for (const line of await page.evaluate(overflowing))
          found.push(`${name}, spaced: ${line}`);
        await page.context().close();
      }
      assert.deepEqual(found, []);
    });

  await test('every control is large enough for a finger', async () => {
    const found = [];
    for (const [name, who, path] of pages()) {
      const page = await browser.open(who, {
        viewport: { width: 360, height: 800 },
      });
      await page.goto(path);
      for (const line of await page.evaluate(tooSmall))
        found.push(`${name}: ${line}`);
      await page.context().close();
    }
    assert.deepEqual(found, []);
  });

  await test('Tab reaches everything and shows where it is', async () => {
    const found = [];
    for (const [name, who, path] of pages()) {
      const page = await browser.open(who);
      await page.goto(path);
      const walk = await tabWalk(page);
      assert.ok(walk.count >= 2, `${name}: only ${walk.count} stops`);
      for (const line of walk.bad) found.push(`${name}: ${line}`);
      await page.context().close();
    }
    assert.deepEqual(found, []);
  });

  await test('the first view weighs at most 100 KB', async () => {
    const { middle } = days();
    for (const [who, path] of [[null, '/'],
      ['rosa', `/meters/1/month?day=${middle}`]]) {
      const page = await browser.open(who);
      let bytes = 0;
      const sizes = [];
      page.on('response', (response) => sizes.push(response.request().sizes()
        .then((s) => { bytes += s.responseBodySize + s.responseHeadersSize; })));
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      await Promise.all(sizes);
      assert.ok(bytes > 1000 && bytes <= 100 * 1024, `${path}: ${bytes} bytes`);
      await page.context().close();
    }
  });

  await test('paper has the page without its controls', async () => {
    const { middle } = days();
    const page = await browser.open('rosa');
    await page.goto(`/meters/1/month?day=${middle}`);
    await page.emulateMedia({ media: 'print' });
    for (const gone of ['.site-nav', '.tools', '.usage-files'])
      assert.equal(await page.locator(gone).first().isVisible(), false, gone);
    for (const kept of ['.brand', '.usage-figure svg', '.usage-summary',
      '.help-line'])
      assert.equal(await page.locator(kept).first().isVisible(), true, kept);
    const pdf = await page.pdf({ format: 'Letter' });
    assert.ok(pdf.length > 5000);
    await page.context().close();
  });

  await test('forced colours keep borders and the current choice', async () => {
    const { middle } = days();
    const page = await browser.open('rosa', { forcedColors: 'active' });
    await page.goto(`/meters/1/month?day=${middle}`);
    const outlines = await page.locator('.choices a[aria-current]')
      .evaluateAll((all) => all.map((e) => getComputedStyle(e).outlineStyle));
    assert.ok(outlines.length > 0 && outlines.every((o) => o === 'solid'));
    await page.context().close();
  });

  await test('help stands at the same place on every page', async () => {
    for (const [name, who, path] of pages()) {
      const page = await browser.open(who);
      await page.goto(path);
      assert.equal(await page.locator('footer .wrap > .help-line:first-child '
        + 'a[href="tel:18005550199"]').count(), 1, name);
      await page.context().close();
    }
  });
}
