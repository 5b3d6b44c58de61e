/** The two things the demo does to the page. */

/** The element of an id that the page is known to have. */
export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Value of a CSS colour variable, in the theme that is on; read off an element, because light-dark() resolves only there. */
export function colour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
