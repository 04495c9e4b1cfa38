// SPDX-License-Identifier: Apache-2.0
//
// DuckDB as a user would take it for this: CSV of the converter in, tables of
// a column an interval or of a list a record.
//
//   node duckdb.mjs load DB cols|list PIPE     then CHECKPOINT: durable
//   node duckdb.mjs sums DB                    records, and Wh in all
//   node duckdb.mjs cluster DB                 list: rewritten by ESI ID
//   node duckdb.mjs query DB IDS FROM TO       of each ESI ID of the file, twice;
//                                              p50 and p99 of the second in ms
//   node duckdb.mjs rows DB FROM TO            list: a table of a row an
//                                              interval of these days
//   node duckdb.mjs export DB IDS FROM TO FILE bytes and seconds of a CSV
//   node duckdb.mjs version
import { readFileSync, statSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [command, file, ...rest] = process.argv.slice(2);
const instance = await DuckDBInstance.create(file ?? ':memory:');
const db = await instance.connect();
const rows = async (sql) => (await db.runAndReadAll(sql)).getRows();
const since = (t) => Number(process.hrtime.bigint() - t) / 1e9;
const columns = Array.from({ length: 100 }, (_, i) => `k${i + 1}`);
const isList = async () =>
  (await db.runAndReadAll('SELECT * FROM reading LIMIT 0')).columnNames()
    .includes('kwh');

const commands = {
  async version() {
    console.log((await rows('SELECT version()'))[0][0]);
  },

  async load(shape, pipe) {
    const cols = shape === 'cols';
    const kwh = cols ? columns.map((k) => `${k} FLOAT`).join(', ')
      : 'kwh FLOAT[]';
    const types = cols ? columns.map((k) => `'${k}': 'FLOAT'`).join(', ')
      : "'kwh': 'FLOAT[]'";
    await db.run("SET memory_limit = '12GB'");
    await db.run(`CREATE TABLE reading (esiid VARCHAR, day DATE, ${kwh},
      status VARCHAR)`);
    await db.run(`INSERT INTO reading SELECT * FROM read_csv('${pipe}',
      header = false, delim = ',', quote = '${cols ? '' : '"'}',
      auto_detect = false, dateformat = '%Y%m%d', columns = {
      'esiid': 'VARCHAR', 'day': 'DATE', ${types}, 'status': 'VARCHAR'})`);
    await db.run('CHECKPOINT');
  },

  async sums() {
    const wh = await isList()
      ? 'list_sum(list_transform(kwh, lambda x: round(x * 1000)::BIGINT))'
      : columns.map((k) => `coalesce(round(${k} * 1000)::BIGINT, 0)`)
        .join(' + ');
    const [[n, sum]] = await rows(
      `SELECT count(*)::VARCHAR, sum(${wh})::BIGINT::VARCHAR FROM reading`);
    console.log(n, sum);
  },

  async cluster() {
    await db.run("SET memory_limit = '12GB'");
    await db.run('CREATE TABLE r2 AS SELECT * FROM reading ORDER BY esiid, day');
    await db.run('DROP TABLE reading');
    await db.run('ALTER TABLE r2 RENAME TO reading');
    await db.run('CHECKPOINT');
  },

  async query(path, from, to) {
    const p = await db.prepare(`SELECT day, kwh, status FROM reading
      WHERE esiid = $1 AND day BETWEEN '${from}' AND '${to}' ORDER BY day`);
    const took = [];
    for (let round = 0; round < 2; round++) {
      took.length = 0;
      for (const id of readFileSync(path, 'utf8').trim().split('\n')) {
        const t = process.hrtime.bigint();
        p.bindVarchar(1, id);
        await (await p.run()).fetchAllChunks();
        took.push(since(t) * 1e3);
      }
    }
    took.sort((a, b) => a - b);
    console.log(took[took.length >> 1], took[Math.floor(took.length * 0.99)]);
  },

  async rows(from, to) {
    await db.run(`CREATE OR REPLACE TABLE one AS SELECT esiid, day,
      unnest(range(1, len(kwh) + 1))::UTINYINT AS i, unnest(kwh) AS kwh,
      unnest(string_split(status, '')) AS status FROM reading
      WHERE day BETWEEN '${from}' AND '${to}' ORDER BY esiid, day, i`);
    await db.run('CHECKPOINT');
  },

  async export(path, from, to, out) {
    await db.run('CREATE TEMP TABLE want (esiid VARCHAR)');
    await db.run(`INSERT INTO want SELECT * FROM read_csv('${path}',
      header = false, columns = {'esiid': 'VARCHAR'})`);
    const t = process.hrtime.bigint();
    await db.run(`COPY (SELECT esiid, day, i, kwh, status FROM one
      SEMI JOIN want USING (esiid) WHERE day BETWEEN '${from}' AND '${to}')
      TO '${out}' (HEADER false)`);
    console.log(statSync(out).size, since(t));
  },
};

await commands[command](...rest);
process.exit(0);
