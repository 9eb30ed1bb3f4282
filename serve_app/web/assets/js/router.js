/** Which page is shown: addresses of our own, without a reload. */

const ROUTES = [
  { pattern: /^\/$/, name: "home" },
  { pattern: /^\/title\/(.+)$/, name: "title" },
  { pattern: /^\/try\/?$/, name: "try" },
  { pattern: /^\/system\/?$/, name: "system" },
];

/** Show the page of the present address in `root`, and those that are gone to later. */
export function startRouter(root, pages) {
  let leave = new AbortController();
  const render = () => {
    leave.abort();
    leave = new AbortController();
    const { name, id } = routeOf(location.pathname);
    markCurrent(name);
    root.replaceChildren();
    pages[name]({ root, id, signal: leave.signal });
  };
  addEventListener("popstate", render);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.classList.contains("skip")) {
      event.preventDefault(); // A fragment in the address would count as another page.
      root.focus();
      return;
    }
    if (!link || !ours(link, event)) return;
    event.preventDefault();
    go(link.href);
  });
  document.addEventListener("go", ({ detail }) => {
    history.pushState(null, "", detail);
    render();
    scrollTo(0, 0);
    root.focus({ preventScroll: true });
  });
  render();
}

/** Go to another page. */
export function go(address) {
  document.dispatchEvent(new CustomEvent("go", { detail: address }));
}

/** Address of a title's page. */
export function titleAddress(id) {
  return `/title/${encodeURIComponent(id)}`;
}

function routeOf(path) {
  for (const { pattern, name } of ROUTES) {
    const match = pattern.exec(path);
    if (match) return { name, id: match[1] ? decoded(match[1]) : null };
  }
  return { name: "home", id: null };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function ours(link, event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return false;
  if (link.target || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return false;
  return ROUTES.some(({ pattern }) => pattern.test(link.pathname));
}

function markCurrent(name) {
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
