// SPDX-License-Identifier: Apache-2.0
//
// Random templates and values through our engine and through npm mustache;
// they must write the same.  Usage: template.mjs RENDER [CASES] [SEED]
//
// What ours refuses by design (raw values, other delimiters, partials inside
// themselves) is not generated.  Escapes are set to ours: npm also escapes
// / ` = which HTML does not ask for.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../package.json', import.meta.url));
let mustache;
try {
    mustache = require('mustache');
} catch {
    console.log('1..0 # SKIP npm mustache is not installed (npm ci in tests/)');
    process.exit(0);
}
const [render, cases = '4000', seedText = '20261122'] = process.argv.slice(2);

let seed = Number(seedText) >>> 0;
function rnd(n) { // mulberry32
    seed = (seed + 0x6d2b79f5) >>> 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
}
const pick = (list) => list[rnd(list.length)];

const names = ['a', 'b', 'c', 'd-e', 'f_1'];
const words = ['', 'x', '0', 'a&b', '<i>', '"q"', "it's", 'ñandú', '/=`',
    'two\nlines', '{', '}', '{ {', '}}'];

function value(depth) {
    switch (rnd(depth > 3 ? 6 : 9)) {
    case 0: return pick(words);
    case 1: return rnd(2000) - 1000;
    case 2: return rnd(2) === 1;
    case 3: return null;
    case 4: return (rnd(2000000) - 1000000) / 1000;
    case 5: return pick(words);
    case 6: return Array.from({ length: rnd(4) }, () => value(depth + 1) ?? 'no'); // npm throws at [null]
    default: {
        const made = {};
        for (const n of names)
            if (depth === 0 || rnd(4))
                made[n] = value(depth + 1);
        return made;
    }
    }
}

function dotted() {
    let n = pick(names);
    for (let i = 0; i < 4 && rnd(4) === 0; i++)
        n += '.' + pick(names);
    return n;
}

const blank = () => pick(['', '', '', ' ', '  ', '\t']);
const end = () => pick(['\n', '\n', '\n', '', '\r\n']);

// A partial stands alone on its line, or behind another tag: elsewhere npm
// indents its lines, which the Mustache specification does not.
function text(depth, partials) {
    let made = '';
    for (let i = rnd(6); i > 0; i--) {
        const n = rnd(12) === 0 ? '.' : dotted();
        const s = blank();
        switch (rnd(9)) {
        case 0: made += pick(words).replaceAll('{', '(') + end(); break;
        case 1: case 2: made += `${blank()}{{${s}${n}${blank()}}}${end()}`;
            break;
        case 3: made += `${blank()}{{! ${pick(['c', 'c\nd', ''])} }}${blank()}` +
            end();
            break;
        case 4: case 5: case 6: {
            if (depth > 3)
                break;
            const kind = pick(['#', '#', '^']);
            const at = n === '.' && kind === '^' ? 'a' : n;
            made += `${blank()}{{${kind}${s}${at}}}${blank()}${end()}` +
                text(depth + 1, partials) +
                `${blank()}{{/${at}${blank()}}}${blank()}${end()}`;
            break;
        }
        default:
            if (partials.length)
                made += pick([`\n${blank()}{{> ${pick(partials)}}}\n`,
                    `{{${n}}}{{>${pick(partials)} }}${end()}`,
                    `{{!}}{{>${pick(partials)}}}${blank()}${end()}`]);
            else
                made += '.' + end();
        }
    }
    return made;
}

// Only values that have a text in both: npm prints lists and objects as
// JavaScript does, ours leaves them out.
mustache.escape = (v) => typeof v === 'object' ? '' : String(v)
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;').replaceAll("'", '&#39;');

const inputs = [];
for (let i = 0; i < Number(cases); i++) {
    const partials = { p: text(2, []), q: text(2, ['p']) };
    let view = value(0);
    if (typeof view !== 'object' || view === null || Array.isArray(view))
        view = { a: view, b: value(1), c: value(1), 'd-e': value(1) };
    inputs.push({ text: text(0, ['p', 'q']), partials, view });
}
const ran = spawnSync(render, {
    input: inputs.map((i) => JSON.stringify(i) + '\n').join(''),
    encoding: 'utf8', maxBuffer: 1 << 28,
});
const outputs = ran.stdout.split('\n').filter(Boolean);

let bad = 0, shown = 0, long = 0;
for (const [i, input] of inputs.entries()) {
    let want;
    try {
        want = mustache.render(input.text, input.view, input.partials);
    } catch (e) {
        want = null;
    }
    const got = outputs[i] === undefined ? {} : JSON.parse(outputs[i]);
    if (want !== null && want.length > 40)
        long++;
    if (want === null ? got.why !== undefined : got.out === want)
        continue;
    bad++;
    if (shown++ < 3)
        console.log(`# case ${i}: ${JSON.stringify(input)}\n` +
            `#   npm  ${JSON.stringify(want)}\n#   ours ${JSON.stringify(got)}`);
}
if (ran.status !== 0)
    console.log(`# ${render}: status ${ran.status}\n${ran.stderr}`);
const ok = bad === 0 && ran.status === 0 && long > inputs.length / 10;
console.log(`# ${inputs.length} cases, ${long} of more than 40 bytes, ` +
    `${bad} differ`);
console.log(`${ok ? 'ok' : 'not ok'} 1 - templates render as npm mustache does`);
console.log('1..1');
process.exit(ok ? 0 : 1);
