// SPDX-License-Identifier: Apache-2.0
// Takes the README's picture of the usage page from a running ./start:
//   node docs/picture.mjs [https://localhost:8443 [/meters/2/month?day=…]]
import { createRequire } from 'node:module';

const require = createRequire(new URL('../tests/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const base = process.argv[2] ?? 'https://localhost:8443';
const path = process.argv[3] ?? '/meters/2/month';

const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
});
const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'en-US',
    viewport: { width: 1100, height: 1048 },
});
const page = await context.newPage();
await page.goto(`${base}/sign-in`);
await page.fill('input[name=login]', 'resident');
await page.fill('input[name=password]', 'pecan-porch-river');
await page.press('input[name=password]', 'Enter');
await page.waitForURL((url) => !url.pathname.includes('sign-in'));
await page.goto(base + path);
await page.screenshot({
    path: new URL('usage.png', import.meta.url).pathname,
});
await browser.close();
