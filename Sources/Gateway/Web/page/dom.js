// Elements are made by calls, never from markup: nothing in a message can become an element.

export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content.filter((part) => part !== undefined && part !== null));
  return made;
}

/// An element with these attributes, and with a part's name for the styles of the page around it.
export function part(name, partName, attributes = {}, ...content) {
  const made = element(name, partName, ...content);
  made.part = partName;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/// Sets text only where it differs, so that a selection and a live region are left in peace.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/// Makes these the children, and moves only those that stand elsewhere: the focus stays where it is.
export function place(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}
