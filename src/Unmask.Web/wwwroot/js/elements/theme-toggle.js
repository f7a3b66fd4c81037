// Switches between light and dark, and keeps the choice in a cookie, so that the server sends the next page in it.
customElements.define('theme-toggle', class extends HTMLElement {
  connectedCallback() {
    this.querySelector('button').addEventListener('click', () => {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      root.dataset.theme = dark ? 'light' : 'dark';
      document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
      document.dispatchEvent(new CustomEvent('themechange'));
    });
  }
});
