"use strict";
(function () {
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", function () {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  function bytes(v) {
    for (const unit of ["B", "KiB", "MiB", "GiB"]) {
      if (Math.abs(v) < 1000) return v.toPrecision(3) + " " + unit;
      v /= 1024;
    }
    return v.toFixed(1) + " TiB";
  }
  function value(v, unit) {
    if (v === null) return "–";
    if (unit === "bytes") return bytes(v);
    return v < 1 ? (v * 1000).toPrecision(3) + " ms" : v.toPrecision(3) + " s";
  }
  function after(seconds) {
    const s = Math.floor(seconds % 60), m = Math.floor(seconds / 60) % 60, h = Math.floor(seconds / 3600);
    const two = (n) => String(n).padStart(2, "0");
    return h + ":" + two(m) + ":" + two(s);
  }
  function row(tip, tone, name, text) {
    const line = document.createElement("div"), left = document.createElement("span"), right = document.createElement("span");
    left.className = tone;
    left.textContent = name;
    right.textContent = text;
    line.append(left, right);
    tip.append(line);
  }
  for (const section of document.querySelectorAll("section")) {
    const charts = [...section.querySelectorAll("figure.chart")].map(function (figure) {
      const tip = document.createElement("div");
      tip.className = "tip";
      tip.hidden = true;
      figure.append(tip);
      return {
        figure, tip, svg: figure.querySelector("svg"), cursor: figure.querySelector(".cursor"),
        data: JSON.parse(figure.querySelector("script").textContent),
      };
    });
    function show(at, own) {
      for (const chart of charts) {
        const d = chart.data, line = chart.cursor.firstChild;
        chart.cursor.classList.toggle("on", at !== null);
        chart.tip.hidden = at === null || chart !== own;
        if (at === null) continue;
        const place = d.plot[0] + (d.plot[1] - d.plot[0]) * at / (d.t.length - 1);
        line.setAttribute("x1", place);
        line.setAttribute("x2", place);
        if (chart !== own) continue;
        chart.tip.textContent = "";
        const head = document.createElement("b");
        const clock = new Date(d.t[at] * 1000).toLocaleTimeString();
        head.textContent = after(d.t[at] - d.t[0]) + " · " + clock + (d.step[at] >= 0 ? " · step " + d.step[at] : "");
        chart.tip.append(head);
        for (const one of d.series) row(chart.tip, "t" + one.tone, one.label, value(one.v[at], d.unit));
        const box = chart.svg.getBoundingClientRect(), x = place / d.plot[2] * box.width;
        const flips = x > box.width * 0.6;
        chart.tip.style.left = flips ? "" : x + 26 + "px";
        chart.tip.style.right = flips ? box.width - x + 26 + "px" : "";
      }
    }
    for (const chart of charts) {
      chart.svg.addEventListener("pointermove", function (event) {
        const d = chart.data, box = chart.svg.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * d.plot[2];
        const ratio = (x - d.plot[0]) / (d.plot[1] - d.plot[0]);
        show(ratio < 0 || ratio > 1 ? null : Math.round(ratio * (d.t.length - 1)), chart);
      });
      chart.svg.addEventListener("pointerleave", function () { show(null, chart); });
    }
  }
})();
