// SPDX-License-Identifier: Apache-2.0
// My usage: the chart, its numbers, downloads equal to the command's output.
import assert from 'node:assert/strict';
import { ask } from './browser.mjs';
import { meterhouse } from './site.mjs';
import { test } from './tap.mjs';

// Days of the store: the last ten weeks, to yesterday in Texas.
export function days() {
  const at = (back) => new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'America/Chicago',
  }).format(new Date(Date.now() - back * 86400000));
  return { first: at(69), middle: at(20), last: at(1) };
}

const number = (text) => Number(text.replace(/[^\d.-]/g, ''));

export async function usage(site, browser) {
  const { first, middle, last } = days();

  await test('from the list of meters to a chart with its numbers',
    async () => {
      const page = await browser.open('rosa');
      await page.goto('/meters');
      await page.getByRole('link', { name: 'Home' }).first().click();
      await page.getByRole('heading', { name: 'Electricity used' }).waitFor();
      const chart = page.locator('.usage-figure svg');
      assert.equal(await chart.count(), 1);
      assert.ok(await chart.evaluate((svg) => {
        const id = svg.getAttribute('aria-labelledby');
        return id && id.split(/\s+/).every((one) => document.getElementById(one));
      }));
      assert.match(await page.locator('.usage-summary').innerText(), /kWh/);
      await page.context().close();
    });

  await test('the table adds up to the total, day by day', async () => {
    const page = await browser.open('rosa');
    await page.goto(`/meters/1/week?day=${middle}`);
    await page.locator('.usage-table summary').click();
    const cells = await page.locator('.usage-table tbody td:nth-child(2)')
      .allInnerTexts();
    const foot = await page.locator('.usage-table tfoot td.number').first()
      .innerText();
    const sum = cells.reduce((all, text) => all + (number(text) || 0), 0);
    assert.ok(cells.length >= 3, `${cells.length} rows`);
    assert.ok(Math.abs(sum - number(foot)) < 0.01, `${sum} against ${foot}`);
    await page.context().close();
  });

  await test('page and JSON agree on the total', async () => {
    const page = await browser.open('rosa');
    await page.goto(`/meters/1/month?day=${middle}`);
    const total = number(await page.locator('.stat-total .figure')
      .innerText());
    const answer = await ask(page, `/api/meters/1/month?day=${middle}`);
    assert.equal(answer.status(), 200);
    const json = await answer.json();
    assert.ok(Math.abs(Number(json.total.kwh) - total) < 0.51,
      `${json.total.kwh} against ${total}`);
    await page.context().close();
  });

  for (const report of ['interval', 'daily', 'monthly']) {
    for (const format of ['csv', 'json']) {
      await test(`the ${report} ${format} file is the command's`, async () => {
        const page = await browser.open('rosa');
        const answer = await ask(page, '/meters/1/file'
          + `?from=${first}&to=${last}&report=${report}&format=${format}`);
        assert.equal(answer.status(), 200);
        assert.match(answer.headers()['content-disposition'], /^attachment;/);
        assert.doesNotMatch(answer.headers()['content-disposition'],
          new RegExp(site.esiid.home.slice(-6)));
        const ours = meterhouse(site, ['usage', site.esiid.home, '--from',
          first, '--to', last, '--report', report, '--format', format]);
        assert.deepEqual(await answer.body(), ours);
        assert.ok(ours.length > 20);
        await page.context().close();
      });
    }
  }

  await test('a link of the page downloads the file', async () => {
    const page = await browser.open('rosa');
    await page.goto(`/meters/1/month?day=${middle}`);
    const wait = page.waitForEvent('download');
    await page.locator('.usage-files a').first().click();
    const download = await wait;
    assert.match(download.suggestedFilename(), /\.csv$/);
    await page.context().close();
  });

  await test('without scripts: switch, step, read, download', async () => {
    const page = await browser.open('rosa', { javaScriptEnabled: false });
    await page.goto(`/meters/1/month?day=${middle}`);
    await page.getByRole('link', { name: 'Day', exact: true }).click();
    await page.getByRole('link', { name: /^Earlier:/ }).click();
    await page.getByRole('heading', { name: 'Electricity used' }).waitFor();
    await page.getByLabel('Go to a date').fill(middle);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    assert.match(page.url(), new RegExp(`day=${middle}`));
    assert.equal(await page.locator('.usage-figure svg').count(), 1);
    const href = await page.locator('.usage-files a').first()
      .getAttribute('href');
    assert.equal((await ask(page, href)).status(), 200);
    await page.context().close();
  });

  await test('the bars can be walked by keyboard', async () => {
    const page = await browser.open('rosa');
    await page.goto(`/meters/1/week?day=${middle}`);
    await page.locator('.usage-past a').focus();
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const at = document.activeElement;
      return at.closest('svg') && (at.getAttribute('aria-label')
        ?? at.textContent);
    });
    assert.match(name ?? '', /kWh|no data/);
    await page.context().close();
  });

  await test('a year by day: the bars get their words from the table',
    async () => {
      const page = await browser.open('rosa');
      await page.goto(`/meters/1/year?day=${middle}&report=daily`);
      const rows = await page.locator('.usage-table tbody tr').count();
      assert.equal(await page.locator('svg.chart .chart-slot').count(), rows);
      await page.locator('.usage-past a').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('End');
      const bar = await page.evaluate(() => {
        const at = document.activeElement;
        return { words: at.getAttribute('aria-label'),
          in: !!at.closest('svg.chart-crowded') };
      });
      assert.ok(bar.in);
      const named = page.locator(`a.chart-slot[href="day?day=${middle}"]`);
      assert.match(await named.getAttribute('aria-label'),
        /^[A-Z][a-z]{2}, [A-Z][a-z]{2} \d+: [\d.]+ kWh/);
      await page.goto(new URL(await named.getAttribute('href'),
        page.url()).href);
      await page.getByRole('heading', { name: 'Electricity used' }).waitFor();
      await page.context().close();
    });

  await test('a meter of somebody else is not there', async () => {
    const page = await browser.open('rosa');
    const answers = [];
    for (const path of ['/meters/3/month', '/meters/999999/month']) {
      const answer = await ask(page, path);
      assert.equal(answer.status(), 404);
      answers.push((await answer.text()).replace(/[0-9a-f]{8}-[0-9a-f]{8}/g, '')
        .replaceAll(path, ''));
    }
    assert.equal(answers[0], answers[1]);
    await page.context().close();
  });

  await test('too much for a page names the limit and offers the file',
    async () => {
      const page = await browser.open('rosa');
      const answer = await page.goto(
        `/meters/1/range?from=${first}&to=${last}&report=interval`);
      assert.equal(answer.status(), 400);
      await page.locator('main').getByText('40').first().waitFor();
      assert.ok(await page.locator('.usage-files a').count() > 0);
      await page.context().close();
    });
}
