(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = [...document.querySelectorAll("tr[data-action]")].map((row) => ({ row, text: plain(row.textContent) }));
  const days = [...document.querySelectorAll(".day")];
  const told = form.querySelector("output");
  const ticked = (name) => new Set([...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value));
  const apply = () => {
    const actions = ticked("action");
    const impacts = ticked("impact");
    const words = plain(form.elements.words.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of rows) {
      const shown = actions.has(row.dataset.action) && impacts.has(row.dataset.impact) && words.every((word) => text.includes(word));
      row.hidden = !shown;
      if (shown) count += 1;
    }
    for (const day of days) day.hidden = !day.querySelector("tr[data-action]:not([hidden])");
    told.textContent = count === rows.length ? `all ${count} shown` : `${count} of ${rows.length} shown`;
  };
  const follow = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  addEventListener("hashchange", follow);
  apply();
  follow();
})();
