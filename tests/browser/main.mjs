// SPDX-License-Identifier: Apache-2.0
// The browser suite: starts a small site once, runs every file's tests on it.
import { accounts } from './accounts.mjs';
import { access } from './access.mjs';
import { Browser } from './browser.mjs';
import { looks } from './looks.mjs';
import { siteStart, siteStop } from './site.mjs';
import { end, test } from './tap.mjs';
import { usage } from './usage.mjs';

const site = await siteStart();
const browser = await Browser.start(site);
try {
  await accounts(site, browser);
  await usage(site, browser);
  await looks(site, browser);
  await access(site, browser);
} finally {
  await browser.stop();
}
await test('the server stops when asked', async () => {
  const code = await siteStop(site);
  if (code !== 0) throw new Error(`exit status ${code}\n${site.log}`);
});
process.exit(end());
