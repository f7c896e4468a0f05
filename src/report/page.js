/* What a page does where scripts run: tables sort and filter, the navigation shows where one is,
   light or dark is chosen. Everything can be read without it. Asks nobody for anything. */
(() => {
  'use strict';
  const KEY = 'seglab-theme';
  const FEWEST_FILTERED = 16;
  const root = document.documentElement;

  /* A page from disk may be denied any storage. */
  const remembered = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const remember = (theme) => {
    try { localStorage.setItem(KEY, theme); } catch { /* Then it is forgotten. */ }
  };
  const before = remembered();
  if (before === 'light' || before === 'dark') root.dataset.theme = before;

  const make = (name, attributes) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  const addThemeButton = () => {
    const asked = matchMedia('(prefers-color-scheme: dark)');
    const isDark = () => (root.dataset.theme ?? (asked.matches ? 'dark' : 'light')) === 'dark';
    const button = make('button', { type: 'button', class: 'theme' });
    const say = () => { button.textContent = isDark() ? 'Light page' : 'Dark page'; };
    button.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      remember(root.dataset.theme);
      say();
    });
    asked.addEventListener('change', say);
    say();
    document.querySelector('nav').append(button);
  };

  /* A number, a text, or null where a value is undefined. */
  const keyOf = (cell) => {
    const value = cell.dataset.value;
    if (value !== undefined) return value === '' ? null : Number(value);
    const text = cell.textContent.trim();
    if (text === '' || text === '-') return null;
    const number = Number(text.replaceAll(',', ''));
    return Number.isFinite(number) ? number : text;
  };

  const words = new Intl.Collator('en', { numeric: true });
  const compare = (left, right) => {
    if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
    return typeof left === 'number' ? left - right : words.compare(left, right);
  };

  /* Undefined comes last either way; what is equal stays in the order of the report. */
  const sorted = (rows, column, direction) => {
    const keyed = rows.map((row) => [keyOf(row.cells[column]), row]);
    const isKnown = ([key]) => key !== null;
    const known = keyed.filter(isKnown);
    known.sort(([left], [right]) => direction * compare(left, right));
    return [...known, ...keyed.filter((it) => !isKnown(it))].map(([, row]) => row);
  };

  const NEXT = { none: 'ascending', ascending: 'descending', descending: 'none' };
  const addSorting = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (2 > rows.length) return;
    const heads = [...table.tHead.querySelectorAll('th[data-column]')];
    for (const head of heads) {
      const button = make('button', { type: 'button' });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const order = NEXT[head.getAttribute('aria-sort') ?? 'none'];
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        if (order === 'none') return body.append(...rows);
        head.setAttribute('aria-sort', order);
        const direction = order === 'ascending' ? 1 : -1;
        return body.append(...sorted(rows, Number(head.dataset.column), direction));
      });
    }
  };

  const addFilter = (table) => {
    const rows = [...table.tBodies[0].rows];
    if (FEWEST_FILTERED > rows.length) return;
    const textOf = (row) => [...row.cells].map((cell) => cell.textContent).join(' ');
    const plain = (text) => text.toLowerCase().replace(/\s+/g, ' ').trim();
    const texts = rows.map((row) => plain(textOf(row)));
    const field = make('input', {
      type: 'search', placeholder: 'Filter rows', 'aria-label': 'Filter rows: all words must occur',
    });
    const count = make('span', { role: 'status' });
    const filter = () => {
      const terms = plain(field.value).split(' ');
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = !terms.every((term) => texts[index].includes(term));
        if (!row.hidden) shown += 1;
      });
      count.textContent = `${shown} of ${rows.length}`;
    };
    field.addEventListener('input', filter);
    filter();
    const bar = make('div', { class: 'filter' });
    bar.append(field, count);
    table.closest('.table').before(bar);
  };

  const followParts = () => {
    const links = new Map();
    for (const link of document.querySelectorAll('nav .to-part')) {
      links.set(link.hash.slice(1), link);
    }
    const parts = [...document.querySelectorAll('.part')];
    let current = null;
    const follow = () => {
      /* The last part is too short to ever reach the top. */
      const isEnd = scrollY + innerHeight + 2 > root.scrollHeight && scrollY > 0;
      const begun = parts.filter((part) => 90 > part.getBoundingClientRect().top);
      const part = (isEnd ? parts : begun).at(-1) ?? parts[0];
      if (part === current) return;
      current = part;
      links.forEach((link) => link.removeAttribute('aria-current'));
      const link = links.get(part.id);
      link.setAttribute('aria-current', 'true');
      /* In a narrow page the parts are a line that scrolls by itself. */
      const line = link.closest('nav > ol');
      line.scrollLeft = link.offsetLeft - (line.clientWidth - link.offsetWidth) / 2;
    };
    addEventListener('scroll', follow, { passive: true });
    addEventListener('resize', follow);
    follow();
  };

  /* What a link leads to may be folded or filtered away. */
  const targeted = () => {
    try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); }
    catch { return null; }
  };
  const reveal = () => {
    const target = targeted();
    if (!target) return;
    const row = target.closest('tr[hidden]');
    if (row) row.hidden = false;
    for (let it = target.closest('details'); it; it = it.parentElement.closest('details')) {
      it.open = true;
    }
    target.scrollIntoView();
  };

  addEventListener('DOMContentLoaded', () => {
    addThemeButton();
    for (const table of document.querySelectorAll('.table > table')) {
      addFilter(table);
      addSorting(table);
    }
    followParts();
    addEventListener('hashchange', reveal);
    if (location.hash) reveal();
  });
})();
