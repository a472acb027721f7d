/** Text of others reaches the page by `textContent` alone, so that nothing in it is ever markup. */
type Child = Node | string | null | undefined | false;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Characters that are not seen and change what is: controls, marks, and those of no width. */
const UNSEEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\u{e0000}-\u{e0fff}]/gu;
const visible = (text: string): string =>
  text.replace(UNSEEN, (one) => `\\u${one.codePointAt(0)!.toString(16).padStart(4, "0")}`);

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes | null,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) node.setAttribute(name, "");
    else if (typeof value === "string") node.setAttribute(name, value);
  }
  for (const child of children)
    if (child) node.append(typeof child === "string" ? visible(child) : child);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  yes: "M6 12.5l4 4 8-9",
  warn: "M12 6.5v7.2M12 17.3v.2",
  no: "M7.5 7.5l9 9M16.5 7.5l-9 9",
  unknown: "M9.2 9.2a2.9 2.9 0 1 1 4.3 2.6c-1 .6-1.5 1.1-1.5 2.2M12 17.3v.2",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
} as const;
export type IconName = keyof typeof PATHS;

/** A drawing beside words that say the same, so hidden from those who hear the page. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
