// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, people's sessions in it, and an eye on what goes wrong:
// requests to other hosts, refused scripts or styles, errors of our own.
import { chromium } from 'playwright-core';
import { PEOPLE } from './site.mjs';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export class Browser {
  static async start(site) {
    const self = new Browser();
    self.site = site;
    self.states = {};
    self.troubles = [];
    self.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS,
    });
    return self;
  }

  async stop() {
    await this.chromium.close();
  }

  // A page of a browser of its own; `who` is signed in there (once a person).
  async open(who, options = {}) {
    const context = await this.chromium.newContext({
      baseURL: this.site.url, ignoreHTTPSErrors: true, locale: 'en-US',
      viewport: { width: 1280, height: 800 },
      ...(who ? { storageState: await this.state(who) } : {}), ...options,
    });
    const page = await context.newPage();
    this.watch(page);
    return page;
  }

  watch(page) {
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() !== 'error' || text.includes('Failed to load resource'))
        return;
      this.troubles.push(`${page.url()}: ${text}`);
    });
    page.on('pageerror', (error) => {
      this.troubles.push(`${page.url()}: ${error.message}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.site.url) && !url.startsWith('data:'))
        this.troubles.push(`${page.url()} asked for ${url}`);
    });
  }

  async state(who) {
    if (!this.states[who]) {
      const page = await this.open(null);
      await signIn(page, who);
      this.states[who] = await page.context().storageState();
      await page.context().close();
    }
    return this.states[who];
  }
}

// Asks beside the page, with its cookies.  A connection kept from earlier may
// have been closed as idle at this very moment: then it asks once more.
export function ask(page, path, options = {}) {
  return page.request.fetch(path, { maxRetries: 1, ...options });
}

// Signs in through the page, as people do.
export async function signIn(page, who) {
  await page.goto('/sign-in');
  await page.getByLabel('User name').fill(who);
  await page.getByLabel('Password', { exact: true })
    .fill(PEOPLE[who].password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForLoadState();
}
