// SPDX-License-Identifier: Apache-2.0
// A small installation made with the program's own commands, and its server
// on a free port.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const top = process.env.MH_TOP;
const bin = process.env.MH_BIN;

// Who is there.  The names hold what a careless page would trip over.
export const PEOPLE = {
  rosa: { name: 'Rosa Delgado', password: 'pecan-porch-river', meters: 2 },
  solo: { name: 'O\'Neil & <Sons>', password: 'brick-oven-market', meters: 1 },
  none: { name: 'Nora Newhome', password: 'empty-attic-window', meters: 0 },
  boss: { name: 'Alex Kim', password: 'copper-lantern-hill', role: 'admin',
    meters: 0 },
  util: { name: 'Wires Inc', password: 'transformer-yard-gate', role: 'tdsp',
    duns: '1039940674000', meters: 0 },
};

// Runs a command of the program; its standard output as bytes.
export function meterhouse(site, args, input = '') {
  const done = spawnSync(bin, args, {
    input, env: site.env, maxBuffer: 1 << 28,
  });
  if (done.status !== 0)
    throw new Error(`meterhouse ${args.join(' ')}: exit ${done.status}\n`
      + done.stderr);
  return done.stdout;
}

// The first ESI IDs of a kind in the registry files.
function pick(folder, classWord, solar, count) {
  const found = new Set();
  for (const name of readdirSync(folder).sort()) {
    const lines = readFileSync(join(folder, name), 'utf8').split(/\r?\n/);
    for (const line of lines) {
      const cells = line.split(',');
      if (cells[4] === classWord && cells[5] === solar) found.add(cells[0]);
    }
  }
  return [...found].sort().slice(0, count);
}

function fill(site) {
  const files = join(site.folder, 'files');
  meterhouse(site, ['generate', '--out', files, '--seed', '11', '--meters',
    '16', '--days', '70', '--solar', '40', '--business', '0', '--estimated',
    '3', '--gaps', '4', '--file-days', '7']);
  meterhouse(site, ['load', join(files, 'registry'), join(files, 'billed'),
    join(files, 'lse')]);
  const homes = pick(join(files, 'registry'), 'residential', 'N', 3);
  const solar = pick(join(files, 'registry'), 'residential', 'Y', 1);
  site.esiid = { home: homes[0], solar: solar[0], solo: homes[1],
    foreign: homes[2] };
  for (const [login, who] of Object.entries(PEOPLE)) {
    meterhouse(site, ['user', 'add', login, '--name', who.name, '--role',
      who.role ?? 'customer', ...(who.duns ? ['--duns', who.duns] : [])],
    `${who.password}\n`);
  }
  meterhouse(site, ['user', 'link', 'rosa', site.esiid.home, '--label',
    'Home']);
  meterhouse(site, ['user', 'link', 'rosa', site.esiid.solar, '--label',
    'Lake house']);
  meterhouse(site, ['user', 'link', 'solo', site.esiid.solo]);
}

// Waits for the line that names the address.
function serve(site) {
  return new Promise((resolve, reject) => {
    const server = spawn(bin, ['serve'], {
      env: { ...site.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    site.log = '';
    server.stderr.on('data', (text) => { site.log += text; });
    server.stdout.on('data', (text) => {
      out += text;
      const found = /https:\/\/\S+:\d+/.exec(out);
      if (found) resolve({ server, url: found[0] });
    });
    server.on('exit', (code) => reject(
      new Error(`serve ended with ${code}\n${site.log}`)));
  });
}

export async function siteStart() {
  const site = { folder: mkdtempSync(join(tmpdir(), 'meterhouse-browser-')) };
  site.env = {
    PATH: process.env.PATH, HOME: site.folder, LANG: 'C.UTF-8',
    DATA_DIR: join(site.folder, 'data'), MH_TEMPLATES_DIR: `${top}/templates`,
    MH_STATIC_DIR: `${top}/static`, MH_HELP_PHONE: '1-800-555-0199',
    MH_HELP_EMAIL: 'help@example.org', MH_LOG_LEVEL: 'warn',
  };
  fill(site);
  Object.assign(site, await serve(site));
  return site;
}

export async function siteStop(site) {
  const ended = new Promise((resolve) => {
    site.server.removeAllListeners('exit');
    site.server.on('exit', resolve);
  });
  site.server.kill('SIGTERM');
  const code = await ended;
  rmSync(site.folder, { recursive: true, force: true });
  return code;
}
