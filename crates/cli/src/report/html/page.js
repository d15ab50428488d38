// Filters and searches the places, opens what a link leads to, and moves by keyboard. The page reads without it.
'use strict';
{
  const tools = document.querySelector('.tools');
  const filters = [...(tools?.querySelectorAll('[name="show"]') ?? [])];
  const search = tools?.querySelector('input[type="search"]');
  const trees = [...document.querySelectorAll('.tree')];

  // Every row, in order: its place in lower case, its depth, and the row above it.
  const rows = trees.flatMap((tree) => {
    const above = [];
    return [...tree.querySelectorAll('tbody tr')].map((element) => {
      const depth = Number(element.ariaLevel);
      const row = { element, tree, place: element.dataset.place.toLowerCase(), is: element.dataset.is, depth, parent: above[depth - 1], folded: false, shown: true };
      above[depth] = row;
      above.length = depth + 1;
      return row;
    });
  });
  const rowOf = new Map(rows.map((row) => [row.element, row]));
  for (const row of rows) {
    if (row.parent) row.parent.element.ariaExpanded = 'true';
  }

  // Shows the rows that are asked for and what is above them. What is folded stays so only while all are shown.
  function show() {
    const filter = filters.find((it) => it.checked).value;
    const words = search.value.trim().toLowerCase();
    const choosing = filter !== '' || words !== '';
    const wanted = new Set();
    let count = 0;
    for (const row of rows) {
      if (choosing ? row.is.includes(filter) && row.place.includes(words) : !isFolded(row)) {
        count += 1;
        for (let it = row; it && !wanted.has(it); it = it.parent) wanted.add(it);
      }
    }
    const seen = new Set();
    for (const row of rows) {
      const shown = wanted.has(row);
      if (shown) seen.add(row.tree).add(row.element.parentElement);
      if (row.shown === shown) continue;
      row.shown = shown;
      row.element.hidden = !shown;
    }
    for (const tree of trees) {
      for (const chunk of tree.tBodies) chunk.hidden = !seen.has(chunk);
      const response = tree.closest('.response');
      response.hidden = !seen.has(tree);
      if (choosing && seen.has(tree)) response.open = true;
    }
    tools.querySelector('output').value = choosing ? `${count} of ${rows.length}` : '';
    settle();
  }

  function isFolded(row) {
    for (let it = row.parent; it; it = it.parent) if (it.folded) return true;
    return false;
  }

  function fold(row, folded) {
    if (!row.element.ariaExpanded) return;
    row.folded = folded;
    row.element.ariaExpanded = String(!folded);
    show();
  }

  // One row of each tree can be reached with Tab: the one that was reached last, or the first.
  const current = new Map();
  function settle() {
    for (const tree of trees) {
      const last = current.get(tree);
      if (last?.shown) continue;
      last?.element.removeAttribute('tabindex');
      const first = rowOf.get(tree.querySelector('tbody tr:not([hidden])'));
      if (first) first.element.tabIndex = 0;
      current.set(tree, first);
    }
  }

  function reach(row) {
    if (!row) return;
    current.get(row.tree)?.element.removeAttribute('tabindex');
    current.set(row.tree, row);
    row.element.tabIndex = 0;
    row.element.focus();
    row.element.scrollIntoView({ block: 'nearest' });
  }

  function neighbour(row, step) {
    for (let at = rows.indexOf(row) + step; rows[at]?.tree === row.tree; at += step) {
      if (rows[at].shown) return rows[at];
    }
    return undefined;
  }

  function end(row, first) {
    const shown = rows.filter((it) => it.tree === row.tree && it.shown);
    return first ? shown[0] : shown.at(-1);
  }

  const moves = {
    ArrowDown: (row) => reach(neighbour(row, 1)),
    ArrowUp: (row) => reach(neighbour(row, -1)),
    ArrowRight: (row) => (row.folded ? fold(row, false) : row.element.ariaExpanded && reach(neighbour(row, 1))),
    ArrowLeft: (row) => (row.element.ariaExpanded && !row.folded ? fold(row, true) : reach(row.parent)),
    Home: (row) => reach(end(row, true)),
    End: (row) => reach(end(row, false)),
    Enter: (row) => row.element.querySelector('a.finding, a')?.click(),
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches?.('input[type="search"]');
    if (event.key === '/' && search && !typing) {
      event.preventDefault();
      search.focus();
      return;
    }
    const row = rowOf.get(event.target);
    if (row && moves[event.key]) {
      event.preventDefault();
      moves[event.key](row);
    }
  });

  document.addEventListener('click', (event) => {
    const head = event.target.closest?.('.tree th[scope="row"]');
    const row = head && rowOf.get(head.parentElement);
    if (row) fold(row, !row.folded);
  });

  // Opens what the address names, whatever hides it.
  function open() {
    const element = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!element) return;
    const row = rowOf.get(element);
    if (row && !row.shown) {
      filters[0].checked = true;
      search.value = '';
      for (let it = row.parent; it; it = it.parent) {
        it.folded = false;
        it.element.ariaExpanded = 'true';
      }
      show();
    }
    for (let it = element.closest('details'); it; it = it.parentElement.closest('details')) it.open = true;
    element.scrollIntoView({ block: 'center' });
    if (row) reach(row);
    else element.focus({ preventScroll: true });
  }

  if (tools) {
    tools.hidden = false;
    tools.addEventListener('input', show);
    settle();
  }
  addEventListener('hashchange', open);
  open();

  // How far away a day is.
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const time of document.querySelectorAll('time.day')) {
    const days = Math.round((Date.parse(time.dateTime) - Date.now()) / 86_400_000);
    time.append(` (${words.format(days, 'day')})`);
  }
}
