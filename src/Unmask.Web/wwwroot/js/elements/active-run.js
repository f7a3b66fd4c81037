customElements.define('active-run', class extends HTMLElement {});
