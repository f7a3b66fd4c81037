// Moves the limit over the bars of lengths, and tells the share of rows beyond it.
customElements.define('length-chart', class extends HTMLElement {
  connectedCallback() {
    this.bins = JSON.parse(this.dataset.bins);
    this.all = this.bins.reduce((sum, bin) => sum + bin[2], 0);
    this.slider = this.querySelector('input');
    this.slider.addEventListener('input', () => this.show());
    this.show();
  }

  show() {
    const limit = +this.slider.value;
    const beyond = this.bins.reduce((sum, [from, , rows]) => from > limit ? sum + rows : sum, 0);
    for (const bar of this.querySelectorAll('rect')) bar.toggleAttribute('data-cut', +bar.dataset.from > limit);
    this.querySelector('output').textContent = limit.toLocaleString('en');
    this.querySelector('[data-share]').textContent = `${(100 * beyond / this.all).toFixed(1)}% of the rows are longer than ${limit.toLocaleString('en')}: ${beyond.toLocaleString('en')} of ${this.all.toLocaleString('en')}.`;
  }
});
