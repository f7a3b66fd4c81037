// Draws the masks of a row at a time between 0 and 1, and how much each masked token counts.
const shades = 8;

customElements.define('noise-lens', class extends HTMLElement {
  connectedCallback() {
    this.noise = JSON.parse(this.dataset.noise);
    this.tokens = [...this.querySelectorAll('.token')];
    // A run of pad tokens is one element.
    this.places = this.tokens.flatMap(token => Array(+token.dataset.count).fill(token));
    this.querySelector('input').addEventListener('input', event => this.show(+event.target.value));
  }

  show(at) {
    for (const token of this.tokens) { delete token.dataset.shade; token.removeAttribute('data-masked'); }
    const noise = this.noise[at - 1];
    this.querySelector('output').textContent = noise ? `t = ${noise.t.toFixed(1)}` : 'none';
    if (!noise) { this.querySelector('[data-facts]').textContent = 'No token is masked.'; return; }
    const most = Math.max(...noise.weights, 1e-9);
    noise.masked.forEach((place, i) => {
      const token = this.places[place];
      token.setAttribute('data-masked', '');
      token.dataset.shade = Math.min(shades - 1, Math.floor(noise.weights[i] / most * (shades - 1)));
    });
    const [low, high] = [Math.min(...noise.weights), Math.max(...noise.weights)];
    this.querySelector('[data-facts]').textContent = noise.masked.length === 0 ? 'No token is masked.' : `${noise.masked.length} tokens are masked, with loss weights ${low === high ? low.toFixed(2) : `from ${low.toFixed(2)} to ${high.toFixed(2)}`}.`;
  }
});
