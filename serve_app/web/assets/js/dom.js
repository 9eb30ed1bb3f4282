/** Elements, made without HTML: every text becomes a text node, so no text can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/** `h("p", { class: "note", on: { click } }, "text", child)`. Null and false are left out. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Put `children` in the place of what `element` holds. */
export function replace(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Say something to those who listen to the page. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === "style") for (const [key, entry] of Object.entries(value)) element.style.setProperty(key, entry);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children
    .flat(3)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
