/* SPDX-License-Identifier: Apache-2.0 */
/* Says two minutes before a session ends, and lets it go on with one click;
 * what was typed stays on the page until then. */
'use strict';

(() => {
  const note = document.querySelector('.session-note');
  const WARN = 120;

  function say(text, link, href) {
    const words = document.createElement('p');
    const button = document.createElement('a');
    words.textContent = text;
    button.textContent = link;
    button.href = href;
    button.className = 'button';
    note.replaceChildren(words, button);
    note.hidden = false;
  }

  if (!note) return;
  const { idle, soon, stay, over, signIn, back } = note.dataset;
  const next = `/sign-in?next=${encodeURIComponent(back)}`;
  setTimeout(() => say(soon, stay, back), (idle - WARN) * 1000);
  setTimeout(() => say(over, signIn, next), idle * 1000);
})();
