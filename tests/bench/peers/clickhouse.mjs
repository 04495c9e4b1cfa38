// SPDX-License-Identifier: Apache-2.0
//
// ClickHouse over HTTP on a kept connection: the days of each ESI ID of the
// file, twice; p50 and p99 of the second round in ms.
//
//   node clickhouse.mjs IDS FROM TO          days as YYYYMMDD; table years
import { readFileSync } from 'node:fs';
import http from 'node:http';

const [path, from, to] = process.argv.slice(2);
const ids = readFileSync(path, 'utf8').trim().split('\n');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function ask(text) {
  return new Promise((resolve, reject) => {
    const r = http.request({ host: '127.0.0.1', port: 18123, path: '/',
      method: 'POST', agent }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => answer.statusCode === 200
        ? resolve(Buffer.concat(parts))
        : reject(new Error(Buffer.concat(parts).toString())));
    });
    r.on('error', reject);
    r.end(text);
  });
}

let took = [];
for (let round = 0; round < 2; round++) {
  took = [];
  for (const id of ids) {
    const t = process.hrtime.bigint();
    await ask(`SELECT day, kwh, status FROM years WHERE esiid = '${id}'
      AND day >= ${from} AND day <= ${to} ORDER BY day FORMAT RowBinary`);
    took.push(Number(process.hrtime.bigint() - t) / 1e6);
  }
}
took.sort((a, b) => a - b);
console.log(took[took.length >> 1], took[Math.floor(took.length * 0.99)]);
process.exit(0);
