// SPDX-License-Identifier: Apache-2.0
// The least of a test runner: prints TAP, goes on after a failure.
let count = 0;
let failed = 0;
const only = process.argv.slice(2);

// Runs one test; names given on the command line choose by a part of it.
export async function test(name, fn) {
  if (only.length && !only.some((part) => name.includes(part))) return;
  count += 1;
  try {
    await fn();
    console.log(`ok ${count} - ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${count} - ${name}`);
    for (const line of String(error.message ?? error).split('\n').slice(0, 40))
      console.log(`# ${line}`);
  }
}

// Prints the plan and the count line; the process's exit status.
export function end() {
  console.log(`1..${count}`);
  console.log(`# browser: ${count - failed} passed, ${failed} failed`);
  return failed || !count ? 1 : 0;
}
