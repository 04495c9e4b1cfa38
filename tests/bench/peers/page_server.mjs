// SPDX-License-Identifier: Apache-2.0
//
// The usual stack: Node and SQLite, a row an interval, over TLS.  One page:
// thirteen months of one ESI ID as bars of daily kWh.
//
//   node page_server.mjs DB CERT KEY WORKERS   prints "ready PORT" on standard
//                                              output; GET /usage/ESIID
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import Database from 'better-sqlite3';

const [file, cert, key, workers] = process.argv.slice(2);

function page(id, rows) {
  const most = Math.max(1, ...rows.map((r) => r.kwh));
  let bars = '';
  let total = 0;
  rows.forEach((r, i) => {
    const h = (r.kwh / most) * 200;
    total += r.kwh;
    bars += `<rect x="${i * 2}" y="${(200 - h).toFixed(1)}" width="1.5" `
      + `height="${h.toFixed(1)}" class="${r.e ? 'e' : 'a'}"><title>${r.day}: `
      + `${r.kwh.toFixed(3)} kWh</title></rect>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">`
    + `<title>Usage of ${id}</title><style>.a{fill:#2b6}.e{fill:#c93}</style>`
    + `</head><body><h1>${id}</h1><p>${rows.length} days, ${total.toFixed(1)} `
    + `kWh</p><svg width="${rows.length * 2}" height="200">${bars}</svg></body>`
    + '</html>';
}

function serve() {
  const db = new Database(file, { readonly: true });
  db.pragma('mmap_size = 17179869184');
  const daily = db.prepare(`SELECT day, sum(kwh) AS kwh, sum(status = 'E') AS e
    FROM reading WHERE esiid = ? AND day >= 20240606 AND day <= 20250705
    GROUP BY day ORDER BY day`);
  const server = https.createServer(
    { cert: readFileSync(cert), key: readFileSync(key) }, (ask, answer) => {
      const rows = daily.all(ask.url.slice('/usage/'.length));
      if (rows.length === 0) {
        answer.writeHead(404).end();
        return;
      }
      const text = page(ask.url.slice('/usage/'.length), rows);
      answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      answer.end(text);
    });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

if (cluster.isPrimary) {
  let left = Number(workers);
  for (let i = 0; i < Number(workers); i++) {
    cluster.fork().on('message', (port) => {
      if (--left === 0) console.log(`ready ${port}`);
    });
  }
  process.on('SIGTERM', () => process.exit(0));
} else {
  serve();
}
