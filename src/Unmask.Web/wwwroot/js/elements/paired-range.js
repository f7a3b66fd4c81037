// A slider and a number field that say the same.
customElements.define('paired-range', class extends HTMLElement {
  connectedCallback() {
    const [slider, field] = this.querySelectorAll('input');
    slider.addEventListener('input', () => { field.value = slider.value; field.dispatchEvent(new Event('input', { bubbles: true })); });
    field.addEventListener('input', () => { if (Number.isFinite(+field.value)) slider.value = field.value; });
  }
});
