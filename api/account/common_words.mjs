// SPDX-License-Identifier: Apache-2.0
// Writes common_words.inc: hashes of the 20,000 most used passwords of public
// leaks and of common given names, from the frequency lists of npm
// zxcvbn@4.4.2 (MIT).  Run in a folder where that package is installed:
//   node common_words.mjs > common_words.inc
// The list is hashed to be small, not secret: 24 bits of SHA-256 below a
// bucket of 8 bits, so about 6 in a million other words are refused with it.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const lists = require('zxcvbn/lib/frequency_lists');
const HERE = ['meterhouse', 'electricity', 'electricidad', 'smartmeter',
  'medidor', 'contrasena', 'contraseña', 'contrasenia', 'administrator',
  'administrador', 'bienvenido', 'welcome', 'changeme', 'texas', 'energy'];
const words = new Set();

for (const word of [...lists.passwords.slice(0, 20000),
  ...lists.female_names.slice(0, 2000), ...lists.male_names, ...HERE]) {
  const stem = word.replace(/^[^a-z\u0080-\uffff]+|[^a-z\u0080-\uffff]+$/g, '');
  for (const form of [word, stem])
    if (form.length >= 4) words.add(form);
}

const buckets = Array.from({ length: 256 }, () => new Set());
for (const word of words) {
  const hash = createHash('sha256').update(word).digest();
  buckets[hash[0]].add(hash.subarray(1, 4).toString('base64'));
}
console.log('/* SPDX-License-Identifier: Apache-2.0 */');
console.log(`/* ${words.size} common words, written by common_words.mjs */`);
for (const bucket of buckets) {
  const text = [...bucket].sort().join('');
  const lines = text.match(/.{1,72}/g) ?? [''];
  console.log(lines.map((line) => `    "${line}"`).join('\n') + ',');
}
