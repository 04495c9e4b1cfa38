// SPDX-License-Identifier: Apache-2.0
// Signing in and out, the profile, the language, keyboards, no scripts.
import assert from 'node:assert/strict';
import { signIn } from './browser.mjs';
import { PEOPLE } from './site.mjs';
import { test } from './tap.mjs';

async function lang(page) {
  return page.evaluate(() => document.documentElement.lang);
}

export async function accounts(site, browser) {
  await test('sign in from the home page, look around, sign out', async () => {
    const page = await browser.open(null);
    await page.goto('/');
    await page.getByLabel('User name').fill('rosa');
    await page.getByLabel('Password', { exact: true }).fill('not the one');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('is not right').waitFor();
    assert.equal(await page.getByLabel('User name').inputValue(), 'rosa');
    await page.getByLabel('Password', { exact: true })
      .fill(PEOPLE.rosa.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/meters');
    await page.getByRole('link', { name: 'Profile' }).click();
    await page.getByText('Rosa Delgado').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL('**/');
    await page.goto('/profile');
    await page.waitForURL('**/sign-in?next=%2Fprofile');
    await signInHere(page, 'rosa');
    await page.waitForURL('**/profile');
    await page.goBack();
    await page.context().close();
  });

  await test('after signing out, back shows nothing', async () => {
    const page = await browser.open(null);
    await signIn(page, 'rosa');
    await page.goto('/profile');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL('**/');
    await page.goBack();
    await page.waitForLoadState();
    assert.equal(await page.getByText('Rosa Delgado').count(), 0);
    await page.context().close();
  });

  await test('a password can be looked at and is counted', async () => {
    const page = await browser.open('solo');
    await page.goto('/profile');
    const fresh = page.getByLabel('New password');
    await fresh.fill('short one');
    await page.getByText('3 more characters').waitFor();
    await fresh.fill('ñandú y garza');
    await page.getByText('Long enough').waitFor();
    const show = page.locator('.with-button').filter({ has: fresh })
      .getByRole('button');
    await show.click();
    assert.equal(await fresh.getAttribute('type'), 'text');
    assert.equal(await show.getAttribute('aria-pressed'), 'true');
    await page.context().close();
  });

  await test('names with signs are shown as they are', async () => {
    const page = await browser.open('solo');
    await page.goto('/profile');
    await page.getByText('O\'Neil & <Sons>', { exact: true }).waitFor();
    await page.context().close();
  });

  await test('the language switch keeps the page and the choice', async () => {
    const page = await browser.open(null);
    await page.goto('/sign-in?next=%2Fprofile');
    await page.getByRole('button', { name: 'Español' }).click();
    await page.waitForLoadState();
    assert.equal(await lang(page), 'es');
    assert.match(page.url(), /\/sign-in\?next=%2Fprofile$/);
    await page.goto('/');
    assert.equal(await lang(page), 'es');
    await page.getByRole('heading', { name: 'Vea cómo su hogar' }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.waitForLoadState();
    assert.equal(await lang(page), 'en');
    await page.context().close();
  });

  await test('a browser that asks for Spanish gets Spanish', async () => {
    const page = await browser.open(null, { locale: 'es-MX' });
    await page.goto('/');
    assert.equal(await lang(page), 'es');
    await page.context().close();
  });

  await test('a signed-in choice follows to another browser', async () => {
    const page = await browser.open(null);
    await signIn(page, 'none');
    await page.getByRole('button', { name: 'Español' }).click();
    await page.waitForLoadState();
    await page.context().close();
    const other = await browser.open(null);
    await signIn(other, 'none');
    assert.equal(await lang(other), 'es');
    await other.getByRole('button', { name: 'English' }).click();
    await other.waitForLoadState();
    await other.context().close();
  });

  await test('one session ends another', async () => {
    const here = await browser.open(null);
    const there = await browser.open(null);
    await signIn(here, 'util');
    await signIn(there, 'util');
    await here.goto('/profile');
    await here.getByRole('button', { name: 'Sign out everywhere else' })
      .click();
    await here.getByRole('status').getByText('only here').waitFor();
    await there.goto('/profile');
    assert.match(there.url(), /\/sign-in/);
    await here.context().close();
    await there.context().close();
  });

  await test('a session that ends says so before, and can go on', async () => {
    const page = await browser.open('rosa');
    await page.clock.install();
    await page.goto('/profile');
    const note = page.locator('.session-note');
    await page.clock.fastForward('27:30');
    assert.equal(await note.isVisible(), false);
    await page.clock.fastForward('00:40');
    await note.getByText('in two minutes').waitFor();
    assert.equal(await note.getByRole('link', { name: 'Stay signed in' })
      .getAttribute('href'), '/profile');
    await page.clock.fastForward('02:00');
    await note.getByText('has ended').waitFor();
    assert.equal(await note.getByRole('link', { name: 'Sign in' })
      .getAttribute('href'), '/sign-in?next=%2Fprofile');
    await page.context().close();
  });

  await test('after a mistake the switch of languages finds the page',
    async () => {
      const page = await browser.open('solo');
      await page.goto('/profile');
      await page.locator('#password').fill('not the one');
      await page.locator('#new').fill('ñandú y garza');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByRole('alert').getByText('nothing was changed').waitFor();
      await page.getByRole('button', { name: 'Español' }).click();
      await page.getByRole('heading', { name: 'Perfil' }).waitFor();
      await page.getByRole('button', { name: 'English' }).click();
      await page.waitForLoadState();
      await page.context().close();
    });

  await test('everything works without scripts', async () => {
    const page = await browser.open(null, { javaScriptEnabled: false });
    await signIn(page, 'rosa');
    await page.goto('/profile');
    await page.locator('#lang').selectOption('es');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Su idioma se guardó').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.goto('/profile');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL('**/');
    assert.equal(await page.getByLabel('User name').count(), 1);
    await page.context().close();
  });

  await test('signing in by keyboard alone', async () => {
    const page = await browser.open(null);
    await page.goto('/sign-in');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className),
      'skip');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id),
      'login');
    await page.keyboard.type('rosa');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PEOPLE.rosa.password);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/meters');
    await page.context().close();
  });
}

async function signInHere(page, who) {
  await page.getByLabel('User name').fill(who);
  await page.getByLabel('Password', { exact: true })
    .fill(PEOPLE[who].password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
