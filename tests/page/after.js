/* Stands at the end of a page: uses it and tells the page around it what came of it. */
addEventListener('load', async () => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const found = {};
  try {
    all('details').forEach((it) => { it.open = true; });
    await Promise.all(all('img').map((it) => it.decode()));
    const isEmpty = (it) => {
      const box = it.getBoundingClientRect();
      return box.width === 0 || box.height === 0 || it.naturalWidth === 0;
    };
    found.figures = all('figure svg').length;
    found.pictures = all('img').length;
    found.invisible = all('svg, img').filter(isEmpty).map((it) => it.outerHTML.slice(0, 80));

    const ids = all('[id]').map((it) => it.id);
    found.repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
    found.deadLinks = all('a').filter((it) => !document.getElementById(it.hash.slice(1))).length;
    found.links = all('a').length;

    const tables = all('.table > table').filter((it) => it.tBodies[0].rows.length > 1);
    found.unsortable = tables.flatMap((it) => all('th[data-column]', it))
      .filter((it) => it.firstChild.tagName !== 'BUTTON').length;
    found.unfiltered = tables.filter((it) => it.tBodies[0].rows.length > 15
      && !it.parentElement.previousElementSibling.matches('.filter')).length;
    found.filters = all('.filter').length;

    const name = document.body.dataset.table;
    const table = document.querySelector(name);
    const column = (index) => [...table.tBodies[0].rows]
      .filter((row) => row.getClientRects().length > 0)
      .map((row) => row.cells[index].textContent);
    const sorts = {};
    for (const head of all('th[data-column]', table)) {
      const button = head.querySelector('button');
      const index = Number(head.dataset.column);
      const steps = [column(index)];
      for (let step = 0; step !== 3; step += 1) {
        button.focus();
        document.activeElement.click();
        steps.push(head.getAttribute('aria-sort'), column(index));
      }
      sorts[head.textContent] = steps;
    }
    found.sorts = sorts;
    const field = table.parentElement.previousElementSibling.querySelector('input');
    const count = field.nextElementSibling;
    found.filter = [count.textContent];
    for (const words of ['no such row', document.body.dataset.words, '']) {
      field.value = words;
      field.dispatchEvent(new Event('input'));
      found.filter.push(column(0).length, count.textContent);
    }

    const button = document.querySelector('.theme');
    const paint = () => {
      const card = getComputedStyle(document.querySelector('figure svg rect[fill="#FFFFFF"]'));
      return [button.textContent, getComputedStyle(document.body).backgroundColor, card.fill];
    };
    found.paints = [paint()];
    for (let turn = 0; turn !== 2; turn += 1) {
      button.click();
      found.paints.push(paint());
    }

    const parts = all('.part');
    found.parts = parts.map((it) => it.id);
    found.current = [];
    for (const part of parts) {
      part.scrollIntoView();
      /* Virtual time draws no frame, and so tells of no scrolling. */
      dispatchEvent(new Event('scroll'));
      found.current.push(all('[aria-current]').map((it) => it.hash.slice(1)).join());
    }
    found.width = [document.documentElement.scrollWidth, innerWidth];
    const requests = performance.getEntriesByType('resource').map((it) => it.name);
    found.requests = requests.filter((it) => !it.startsWith('data:'));
  } catch (error) {
    heard.push(`the test itself: ${error.stack}`);
  }
  found.heard = heard;
  parent.postMessage(JSON.stringify(found), '*');
});
