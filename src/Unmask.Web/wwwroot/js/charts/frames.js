// Charts that are to be redrawn, some in each frame: however many there are, no frame gets long.
const budget = 8;
const waiting = new Set();
let asked;

export function soon(chart) {
  waiting.add(chart);
  asked ??= requestAnimationFrame(some);
}

function some() {
  asked = undefined;
  const start = performance.now();
  for (const chart of waiting) {
    if (performance.now() - start > budget) break;
    waiting.delete(chart);
    chart.draw();
  }
  if (waiting.size) asked ??= requestAnimationFrame(some);
}
