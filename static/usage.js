/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comfort for the chart; the page works without.  The bars become one stop of
 * the Tab key, walked with the arrow keys, Home and End; what a bar says shows
 * beside it at once instead of after the browser's wait.
 */
(function () {
  "use strict";

  var SVG = "http://www.w3.org/2000/svg";

  /* "Nov 1, 2025: 12.5 kWh, 3 of 96 intervals estimated", from the table. */
  function wordsOf(row, heads) {
    var note = row.cells[row.cells.length - 1].textContent.trim();
    var kwh = row.cells[1].textContent;
    var words = kwh ? [kwh + " kWh"] : [];

    if (heads.surplus && row.cells[2].textContent) {
      words.push(heads.surplus + " " + row.cells[2].textContent);
    }
    if (note) {
      words.push(note);
    }
    return row.cells[0].textContent + ": " + words.join(", ");
  }

  /* A chart of very many bars is one picture: its bars' names and links are
     those of the table's rows. */
  function fill(chart) {
    var table = document.querySelector("#usage-numbers table");
    var surplus = table.querySelector("thead [data-surplus]");
    var heads = { surplus: surplus && surplus.textContent };
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var all = 0;
    var at = 0;

    function slots(row) {
      return Number(row.dataset.slots || 1);
    }

    function percent(n) {
      return 100 * n / all + "%";
    }

    rows.forEach(function (row) {
      all += slots(row);
    });
    rows.forEach(function (row) {
      var link = row.querySelector("a");
      var bar = document.createElementNS(SVG, link ? "a" : "g");
      var title = document.createElementNS(SVG, "title");
      var hit = document.createElementNS(SVG, "rect");

      if (link) {
        bar.setAttribute("href", link.getAttribute("href"));
      } else {
        bar.setAttribute("role", "img");
      }
      bar.setAttribute("class", "chart-slot");
      title.textContent = wordsOf(row, heads);
      hit.setAttribute("class", "chart-hit");
      hit.setAttribute("x", percent(at));
      hit.setAttribute("width", percent(slots(row)));
      hit.setAttribute("y", chart.dataset.top);
      hit.setAttribute("height", chart.dataset.tall);
      bar.appendChild(title);
      bar.appendChild(hit);
      chart.appendChild(bar);
      at += slots(row);
    });
    chart.setAttribute("role", "group");
  }

  function start(chart) {
    var bars = Array.prototype.slice.call(
      chart.querySelectorAll(".chart-slot"));
    var tip = document.createElement("div");
    var at = 0;

    if (!bars.length) {
      return;
    }
    tip.className = "chart-tip";
    tip.hidden = true;
    tip.setAttribute("aria-hidden", "true");
    document.body.appendChild(tip);

    bars.forEach(function (bar, i) {
      var title = bar.querySelector("title");

      /* The words stay as the bar's name; the browser's own bubble goes. */
      bar.dataset.words = title.textContent;
      bar.setAttribute("aria-label", title.textContent);
      title.remove();
      bar.setAttribute("tabindex", i ? "-1" : "0");
    });

    function show(bar) {
      var box = bar.getBoundingClientRect();
      var left, width;

      tip.textContent = bar.dataset.words;
      tip.hidden = false;
      width = tip.offsetWidth;
      left = box.left + box.width / 2 - width / 2;
      left = Math.max(8, Math.min(left,
        document.documentElement.clientWidth - width - 8));
      tip.style.left = left + window.scrollX + "px";
      tip.style.top = box.top + window.scrollY - tip.offsetHeight - 4 + "px";
    }

    function hide() {
      tip.hidden = true;
    }

    function walk(to) {
      bars[at].setAttribute("tabindex", "-1");
      at = Math.max(0, Math.min(to, bars.length - 1));
      bars[at].setAttribute("tabindex", "0");
      bars[at].focus();
    }

    function barOf(event) {
      return event.target.closest(".chart-slot");
    }

    chart.addEventListener("keydown", function (event) {
      var to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0,
        End: bars.length - 1 }[event.key];

      if (event.key === "Escape") {
        hide();
      } else if (to !== undefined && !event.altKey && !event.ctrlKey) {
        event.preventDefault();
        walk(to);
      }
    });
    chart.addEventListener("focusin", function (event) {
      var bar = barOf(event);

      if (bar) {
        bars[at].setAttribute("tabindex", "-1");
        at = bars.indexOf(bar);
        bar.setAttribute("tabindex", "0");
        show(bar);
      }
    });
    chart.addEventListener("focusout", hide);
    chart.addEventListener("pointerover", function (event) {
      var bar = barOf(event);

      if (bar) {
        show(bar);
      }
    });
    chart.addEventListener("pointerleave", hide);
  }

  document.querySelectorAll("svg.chart-crowded").forEach(fill);
  document.querySelectorAll("svg.chart").forEach(start);
}());
