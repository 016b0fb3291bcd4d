// Finds places in the documentation by the index that was made with the site (index.js). The index
// is loaded when a reader begins to search. A word that is typed stands for all that begin with it.
(() => {
  const home = document.currentScript.dataset.home;
  const form = document.getElementById("search");
  const query = document.getElementById("query");
  const results = document.getElementById("results");
  const most = 12;
  if (matchMedia("(min-width: 60rem)").matches) document.getElementById("contents").open = true;
  form.hidden = false;

  let loading;
  const load = () => loading ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = home + "index.js";
    script.onload = () => done(window.searchIndex);
    script.onerror = fail;
    document.head.append(script);
  });

  // weigh gives the weight of each place that has a word: whole words count twice.
  const weigh = (index, typed) => {
    const weights = new Map();
    for (const word in index.words) {
      if (!word.startsWith(typed)) continue;
      const pairs = index.words[word];
      for (let i = 0; i < pairs.length; i += 2) {
        const weight = pairs[i + 1] * (word === typed ? 2 : 1);
        weights.set(pairs[i], Math.max(weights.get(pairs[i]) ?? 0, weight));
      }
    }
    return weights;
  };

  // find gives the places that have all words, the best first.
  const find = (index, text) => {
    const words = text.toLowerCase().split(/[^\p{L}\p{N}._-]+/u).filter((w) => w.length > 1);
    if (!words.length) return [];
    const [first, ...rest] = words.map((w) => weigh(index, w));
    const found = [];
    for (const [place, weight] of first) {
      if (!rest.every((w) => w.has(place))) continue;
      found.push([place, rest.reduce((sum, w) => sum + w.get(place), weight)]);
    }
    found.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return found.slice(0, most).map(([place]) => index.places[place]);
  };

  const show = async () => {
    const text = query.value;
    if (!text.trim()) { results.hidden = true; return; }
    const index = await load();
    if (text !== query.value) return; // more was typed meanwhile
    const items = find(index, text).map(([url, page, heading]) => {
      const link = document.createElement("a");
      link.href = home + url;
      link.textContent = heading;
      const item = document.createElement("li");
      item.append(link);
      if (heading !== page) {
        const small = document.createElement("small");
        small.textContent = " " + page;
        item.append(small);
      }
      return item;
    });
    if (!items.length) {
      const item = document.createElement("li");
      item.textContent = "Nothing is found.";
      items.push(item);
    }
    results.replaceChildren(...items);
    results.hidden = false;
  };
  query.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    results.querySelector("a")?.click();
  });
})();
