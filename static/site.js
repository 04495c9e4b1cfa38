/* SPDX-License-Identifier: Apache-2.0 */
/* Enhancements only: every page works without this file. */
'use strict';

/* A button that shows a password, and a count of what a new one still needs. */
for (const input of document.querySelectorAll('input[data-show]')) {
  const row = document.createElement('div');
  const button = document.createElement('button');
  row.className = 'with-button';
  button.type = 'button';
  button.className = 'button quiet';
  button.textContent = input.dataset.show;
  button.setAttribute('aria-pressed', 'false');
  button.setAttribute('aria-controls', input.id);
  button.addEventListener('click', () => {
    const shown = input.type === 'password';
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    button.setAttribute('aria-pressed', String(shown));
    input.focus();
  });
  input.before(row);
  row.append(input, button);
  if (input.dataset.least) {
    const count = document.createElement('span');
    count.className = 'hint';
    count.setAttribute('role', 'status');
    row.after(count);
    input.addEventListener('input', () => {
      const missing = Number(input.dataset.least) - [...input.value].length;
      count.textContent = !input.value ? ''
        : missing > 0 ? input.dataset.more.replace('{n}', missing)
          : input.dataset.enough;
    });
  }
}
